import type * as z from 'zod';
import { dotted } from '../lib/dotted-path.ts';
import { nearest } from '../lib/nearest.ts';
import { readYaml, type YamlDocument, type YamlError, type YamlPath } from '../lib/yaml-source.ts';
import { type Complaint, complaintLines, shown } from './complaint.ts';
import { expandVariables, type Reference } from './expand-variables.ts';
import { type GoodPart, goodPart } from './good-part.ts';
import { type Config, type SettingPlace, schema } from './schema.ts';
import { along } from './schema-node.ts';

/**
 * A configuration file, or the defaults where there is none, to a frozen Config; or all that is wrong with it at once, a line each:
 * `sidewatch.yaml:4  client.ipv6_prefix  wants a whole number from 0 to 128, has "five"`.
 * No line shows a header's value or what a reference brought in. `readFile` serves `${file:PATH}` and may throw.
 * `rest`: what is good of a file with errors in it, so that it can be looked at further.
 */
export function loadConfig(
  file: { readonly path: string; readonly text: string } | undefined,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): { readonly config: Config } | Refused {
  const { documents, errors } = readYaml(file?.text ?? '');
  const at = (line: number) => `${file?.path}:${line}`;
  if (errors.length > 0)
    return { errors: complaintLines(notYaml(errors).map(({ line, what }) => ({ where: at(line), what }))) };
  const [document, second] = documents;
  if (second)
    return {
      errors: complaintLines([
        { where: at(second.line([])), what: 'begins a second document; wants only one' },
      ]),
    };

  const { value, references } = expandVariables(document?.value, { env, readFile });
  const parsed = parse(value, references);
  const failed = references.filter((reference) => reference.error !== undefined);
  const place = file && document && placeIn(file.path, document);
  const configOf = (data: z.output<typeof schema>) => freeze({ ...data, ...(place && { place }) }) as Config;
  if (parsed.success && failed.length === 0) return { config: configOf(parsed.data) };

  const complaints = [
    ...failed.map(({ path, error = '' }) => ({ path, what: error })),
    ...(parsed.error?.issues ?? [])
      .filter((issue) => !failed.some(({ path }) => isWithin(issue.path, path)))
      .flatMap((issue) => sentences(issue, value, references)),
  ];
  const rest = goodPart(
    value,
    complaints.map(({ path }) => path),
    (left) => {
      const { data } = parse(left, references);
      return data && configOf(data);
    },
  );
  return {
    errors: complaintLines(inOrder(complaints, document).map((one) => ({ ...one, where: at(one.line) }))),
    ...(rest && { rest }),
  };
}

interface Refused {
  readonly errors: readonly string[];
  readonly rest?: GoodPart;
}

/** A key that is missing has the place of what it is missing in; a section, and a member of a list, must be there. */
function placeIn(file: string, document: YamlDocument): SettingPlace {
  const stands = (path: YamlPath): boolean =>
    path.every((step, i) => {
      const above = path.slice(0, i).reduce<unknown>(below, document.value);
      if (i > 0 && typeof step === 'string') return true;
      // Below a reference everything stands where it does.
      return typeof above !== 'object' || above === null || Object.hasOwn(above, step);
    });
  return (path) => (stands(path) ? `${file}:${document.line(path)}` : undefined);
}

/** What the parser says of the text behind a mistake is its echo; and what it quotes may be a secret. */
function notYaml(errors: readonly YamlError[]): readonly { readonly line: number; readonly what: string }[] {
  return errors
    .filter(({ message }, i) => i === 0 || !message.startsWith('Unexpected'))
    .map(({ line, message }) => ({ line, what: `is not YAML: ${message.replace(/: ".*$/s, '')}` }));
}

/** Where the schema wants text, a reference's text stays as it is: a token of digits is no number. */
function parse(
  value: unknown,
  references: readonly Reference[],
): z.ZodSafeParseResult<z.output<typeof schema>> {
  const first = schema.safeParse(value, { error: generic });
  let changed = false;
  for (const issue of first.error?.issues ?? []) {
    if (issue.code !== 'invalid_type' || issue.expected !== 'string') continue;
    const text = references.find(({ path }) => join(path) === join(issue.path))?.whole;
    const above = issue.path.slice(0, -1).reduce(below, value);
    if (text === undefined || above === undefined) continue;
    (above as Record<PropertyKey, unknown>)[issue.path.at(-1) ?? ''] = text;
    changed = true;
  }
  return changed ? schema.safeParse(value, { error: generic }) : first;
}

/** What the kinds do not say themselves: a map or a key of the wrong sort. */
function generic(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is not a key here';
  if (issue.code === 'invalid_type')
    return issue.expected === 'array' ? 'wants a list' : 'wants a map of keys';
  return 'is not understood';
}

interface Sentence {
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

function sentences(
  issue: z.core.$ZodIssue,
  value: unknown,
  references: readonly Reference[],
): readonly Sentence[] {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(along(schema, issue.path).at(-1)?.keys ?? {});
    return issue.keys.map((key) => ({ path: [...issue.path, key], what: unknownKey(key, known) }));
  }
  if (!issue.message.startsWith('wants ') || issue.code === 'invalid_key') return [issue].map(toSentence);
  const here = issue.path.reduce(below, value);
  if (here === undefined) return [{ path: issue.path, what: `is missing; ${issue.message}` }];
  return [{ path: issue.path, what: `${issue.message}, has ${has(issue.path, here, references)}` }];
}

const toSentence = (issue: z.core.$ZodIssue): Sentence => ({ path: issue.path, what: issue.message });

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `is not a key here; the keys are ${known.join(', ')}`
    : `is not a key here; did you mean "${meant}"?`;
}

function has(path: readonly PropertyKey[], value: unknown, references: readonly Reference[]): string {
  if (along(schema, path).some((node) => node.secret))
    return 'something else (not shown: it may be a secret)';
  const reference = references.find((one) => isWithin(path, one.path));
  if (reference) return `what ${shown(reference.written)} brings in`;
  return shown(value);
}

function inOrder(
  sentences: readonly Sentence[],
  document: YamlDocument | undefined,
): readonly (Omit<Complaint, 'where'> & { readonly line: number })[] {
  return sentences
    .map(({ path, what }) => ({ line: document?.line(path as YamlPath) ?? 1, path: join(path), what }))
    .sort((a, b) => a.line - b.line);
}

const join = (path: readonly PropertyKey[]): string => dotted(path as YamlPath);

const isWithin = (path: readonly PropertyKey[], outer: readonly PropertyKey[]): boolean =>
  outer.every((step, i) => path[i] === step);

const below = (value: unknown, step: PropertyKey): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (value as Record<PropertyKey, unknown>)[step]
    : undefined;

function freeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}
