import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { CHART } from './chart-files.ts';
import { helm } from './tools.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: the tests know what they read
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** The values files of the chart's features by their name, such as `tls`. */
export const FEATURES: Readonly<Record<string, string>> = Object.fromEntries(
  globSync('ci/*-values.yaml', { cwd: CHART })
    .sort()
    .map((file) => [basename(file, '-values.yaml'), `${CHART}${file}`]),
);

/** Values that are given beside a values file, or in its place. */
export type Values = Readonly<Record<string, unknown>>;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function runHelm(args: readonly string[], values?: Values): Ran {
  const { status, stdout, stderr, error } = spawnSync(
    helm(),
    [...args, ...(values ? ['--values', '-'] : [])],
    {
      encoding: 'utf8',
      ...(values && { input: stringify(values, { version: '1.1' }) }),
    },
  );
  if (error) throw error;
  return { code: status, out: stdout, err: stderr };
}

const TEMPLATE = ['template', 'sidewatch', CHART, '--namespace', 'security'];

/** The text that helm renders for a feature and more values. Throws what it says where it fails. */
export function renderedText(feature: string | undefined, values: Values = {}, chart = CHART): string {
  const file = feature === undefined ? [] : ['--values', FEATURES[feature]!];
  const { code, out, err } = runHelm([...TEMPLATE.with(2, chart), ...file], values);
  if (code !== 0) throw new Error(err);
  return out;
}

export const render = (feature: string | undefined, values: Values = {}): readonly Manifest[] =>
  manifests(renderedText(feature, values));

export function manifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as Manifest | null;
    })
    .filter((manifest) => manifest !== null);
}

/** What helm says where it must not render: without its own words around the chart's sentence. */
export function refusal(feature: string | undefined, values: Values): string {
  const { code, err } = runHelm(
    [...TEMPLATE, ...(feature === undefined ? [] : ['--values', FEATURES[feature]!])],
    values,
  );
  if (code === 0) throw new Error('helm has rendered it');
  return err;
}

export function only(all: readonly Manifest[], kind: string, name = /./): Manifest {
  const found = all.filter((manifest) => manifest.kind === kind && name.test(manifest.metadata.name));
  if (found.length !== 1) throw new Error(`${found.length} manifests are a ${kind} ${name}`);
  return found[0]!;
}
