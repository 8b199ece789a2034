import { dotted } from '../lib/dotted-path.ts';
import { valueAt } from '../lib/value-at.ts';
import { readYaml, type YamlDocument, type YamlError, type YamlPath } from '../lib/yaml-source.ts';
import { parseValue, type ValueFault } from '../schema/parse-value.ts';
import { nodesAlong } from '../schema/schema-node.ts';
import { expandReferences, type Reference } from './expand-references.ts';
import { faultLines } from './fault-lines.ts';
import { type Config, type SettingPlace, schema } from './schema.ts';
import { type LongForm, longForm } from './short-form.ts';
import { type UsablePart, usablePart } from './usable-part.ts';

/**
 * A configuration file, or the defaults where there is none, to a frozen Config; or everything that is wrong with it, a line each:
 * `sidewatch.yaml:4  client.ipv6_prefix  wants a whole number from 0 to 128, has "five"`.
 * No line shows a header's value or what a reference brought in. `readFile` serves `${file:PATH}` and may throw.
 * `usable`: what can be used of a file with errors in it, so that more can be checked.
 */
export function loadConfig(
  file: { readonly path: string; readonly text: string } | undefined,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): LoadedConfig | Refused {
  const { documents, errors } = readYaml(file?.text ?? '');
  const at = (line: number) => `${file?.path}:${line}`;
  if (errors.length > 0)
    return { errors: faultLines(notYaml(errors).map(({ line, what }) => ({ where: at(line), what }))) };
  const [document, second] = documents;
  if (second)
    return {
      errors: faultLines([{ where: at(second.line([])), what: 'begins a second document; wants only one' }]),
    };

  const expanded = expandReferences(document?.value, { env, readFile });
  const form = longForm(expanded.value);
  const { value } = form;
  const references = expanded.references.map((one) => ({ ...one, path: form.long(one.path) }));
  keepTexts(value, references);
  const place = file && document && placeIn(file.path, document, form);
  const warnings = form.isShort
    ? [`${place?.(['receivers', 'otlp', 'protocols', 'grpc'])}  ${SHORT_FORM}`]
    : [];
  const parse = (what: unknown) => {
    const parsed = parseValue(schema, what, (path) => referenceAt(path, references)?.written);
    return 'value' in parsed
      ? { config: freeze({ ...parsed.value, ...(place && { place }) }) as Config, warnings }
      : parsed;
  };
  const parsed = parse(value);
  const failed = references.flatMap(({ path, error }) => (error === undefined ? [] : { path, what: error }));
  if ('config' in parsed && failed.length === 0) return parsed;

  const others = 'faults' in parsed ? parsed.faults : [];
  const faults = [
    ...failed,
    ...others.filter((fault) => !failed.some(({ path }) => isWithin(fault.path, path))),
  ];
  const usable = usablePart(
    value,
    faults.map(({ path }) => path),
    (part) => {
      const again = parse(part);
      return 'config' in again ? again.config : undefined;
    },
  );
  return {
    errors: faultLines(
      inOrder(faults, document, form).map(({ line, ...fault }) => ({ ...fault, where: at(line) })),
    ),
    ...(usable && { usable }),
  };
}

const SHORT_FORM =
  'receivers.otlp.grpc  is the short form; write receivers.otlp.protocols.grpc, as in the collector';

interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
}

interface Refused {
  readonly errors: readonly string[];
  readonly usable?: UsablePart;
}

/** A missing key has the place of the map that lacks it; a missing section or member of a list has none. */
function placeIn(file: string, document: YamlDocument, { written }: LongForm): SettingPlace {
  const stands = (path: YamlPath): boolean =>
    path.every((step, i) => {
      const above = valueAt(document.value, path.slice(0, i));
      if (i > 0 && typeof step === 'string') return true;
      // Everything that a reference brings in has the place of the reference.
      return typeof above !== 'object' || above === null || Object.hasOwn(above, step);
    });
  return (path) => (stands(written(path)) ? `${file}:${document.line(written(path))}` : undefined);
}

/** Errors of the parser that only follow from the first one are left out, and so is what it quotes: it may be a secret. */
function notYaml(errors: readonly YamlError[]): readonly { readonly line: number; readonly what: string }[] {
  return errors
    .filter(({ message }, i) => i === 0 || !message.startsWith('Unexpected'))
    .map(({ line, message }) => ({ line, what: `is not YAML: ${message.replace(/: ".*$/s, '')}` }));
}

/** Where the schema wants text, a reference's text stays as it is: a token of digits is no number. */
function keepTexts(value: unknown, references: readonly Reference[]): void {
  for (const { path, whole } of references) {
    const above = valueAt(value, path.slice(0, -1));
    if (whole === undefined || above === undefined || !nodesAlong(schema, path)[path.length]?.isText)
      continue;
    (above as Record<string | number, unknown>)[path.at(-1)!] = whole;
  }
}

const referenceAt = (path: YamlPath, references: readonly Reference[]): Reference | undefined =>
  references.find((reference) => isWithin(path, reference.path));

function inOrder(faults: readonly ValueFault[], document: YamlDocument | undefined, { written }: LongForm) {
  return faults
    .map(({ path, what }) => ({ line: document?.line(written(path)) ?? 1, path: dotted(path), what }))
    .sort((a, b) => a.line - b.line);
}

const isWithin = (path: YamlPath, outer: YamlPath): boolean => outer.every((step, i) => path[i] === step);

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
