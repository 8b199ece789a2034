import { dotted } from '../../lib/dotted-path.ts';
import { didYouMean } from '../../lib/nearest.ts';
import { shownValue } from '../../lib/shown-value.ts';
import { atOnce, eachInSteps, inOneStep, type Steps } from '../../lib/steps.ts';
import { unreadable } from '../../lib/unreadable.ts';
import { readYaml } from '../../lib/yaml-source.ts';
import { closedMap, text } from '../../schema/shapes.ts';
import { checkValue } from './check-value.ts';
import { type FindingReport, type Problem, RuleFindings } from './rule-findings.ts';
import { isYamlMap } from './yaml-map.ts';

/** Values by the name of their list, for `|expand`. */
export type Lists = ReadonlyMap<string, readonly (string | number)[]>;

export const NO_LISTS: Lists = new Map();

/** More values than any list that people keep by hand; a longer one is refused. */
export const LIST_VALUES_MAX = 100_000;

const LIST_FILE = closedMap({ file: text('a path') });

const NAME = /^[\w.-]+$/;
const PLACEHOLDER = /%([\w.-]+)%/g;

/** A pack's lists.yml: a map from name to values. */
export function parseLists(
  file: { readonly path: string; readonly text: string },
  findings: RuleFindings,
): Lists {
  const [document] = findings.readYaml(file);
  if (document === undefined) return NO_LISTS;
  const report = findings.report((at) => `${file.path}:${document.line(at)}`);
  if (!isYamlMap(document.value)) {
    report.problem([], `wants a map from names to lists, has ${shownValue(document.value)}`);
    return NO_LISTS;
  }
  const listOf = (value: unknown, name: string) => inOneStep(() => valuesOf(value, [name], report));
  return atOnce(readingByName(document.value, listOf, report));
}

/**
 * `rules.lists` of the configuration: by name a list of values, or `{file: PATH}`. `read` may throw.
 * A list with a fault in it is empty, so that rules which name it are not reported too.
 */
export function userLists(
  given: Readonly<Record<string, unknown>>,
  read: (path: string) => string,
): UserLists {
  return atOnce(readingUserLists(given, read));
}

/** `userLists` in steps. */
export function* readingUserLists(
  given: Readonly<Record<string, unknown>>,
  read: (path: string) => string,
): Steps<UserLists> {
  const findings = new RuleFindings();
  const listOf = function* (value: unknown, name: string) {
    const report = findings.reportSetting(['rules', 'lists', name]);
    if (!isYamlMap(value)) return valuesOf(value, [], report);
    const named = checkValue(LIST_FILE, value, [], report);
    return named && (yield* readingValues(named.file, read, report));
  };
  const lists = yield* readingByName(given, listOf, findings.reportSetting(['rules', 'lists']));
  return { lists, problems: findings.problems };
}

interface UserLists {
  readonly lists: Lists;
  readonly problems: readonly Problem[];
}

/** The same where some lists could not be read: an unknown name stands for an empty list, without an error. */
export function incompleteLists(lists: Lists): Lists {
  return new IncompleteLists(lists);
}

class IncompleteLists extends Map<string, readonly (string | number)[]> {
  override get(name: string): readonly (string | number)[] {
    return super.get(name) ?? [];
  }
}

/** A later list replaces an earlier one of the same name. */
export function mergedLists(...all: readonly Lists[]): Lists {
  return new Map(all.flatMap((lists) => [...lists]));
}

/** The names of lists that stand in a text as `%name%`. */
export const listNamesIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(PLACEHOLDER), ([, name]) => name!);

/** Warns of a user's list that no rule uses: its name may be misspelt. */
export function warnOfUnusedLists(
  lists: Lists,
  files: readonly { readonly text: string }[],
  findings: RuleFindings,
): void {
  const used = new Set(files.flatMap(({ text }) => listNamesIn(text)));
  for (const name of lists.keys()) {
    if (used.has(name)) continue;
    findings
      .reportSetting(['rules', 'lists', name])
      .warn([], `no loaded rule uses this list${didYouMean(name, used)}`);
  }
}

function* readingByName(
  given: Readonly<Record<string, unknown>>,
  listOf: (value: unknown, name: string) => Steps<readonly (string | number)[] | undefined>,
  report: FindingReport,
): Steps<Lists> {
  const lists = new Map<string, readonly (string | number)[]>();
  for (const [name, value] of Object.entries(given)) {
    if (!NAME.test(name)) report.problem([name], 'wants a name of letters, digits and _ . -');
    lists.set(name, (yield* listOf(value, name)) ?? []);
    yield;
  }
  return lists;
}

function* readingValues(
  file: string,
  read: (path: string) => string,
  report: FindingReport,
): Steps<readonly (string | number)[] | undefined> {
  let text: string;
  try {
    text = read(file);
  } catch (error) {
    return report.problem([], `${file} cannot be read: ${unreadable(error)}`);
  }
  yield;
  const lines: string[] = [];
  yield* eachInSteps(text.split('\n'), (line) => {
    const value = line.replace(/(^|\s)#.*$/, '').trim();
    if (value !== '') lines.push(value);
  });
  const first = lines.find((line) => line !== '---') ?? '';
  if (!/^(-\s|\[)/.test(first) && !/\.(ya?ml|json)$/.test(file)) return bounded(lines, [], report);
  const { documents, errors } = readYaml(text);
  const [error] = errors;
  if (error !== undefined) return report.problem([], `${file}:${error.line} is not YAML: ${error.message}`);
  return valuesOf(documents[0]?.value ?? [], [], {
    ...report,
    problem: (path, message) =>
      report.problem([], path.length === 0 ? `${file}: ${message}` : `${file}: ${dotted(path)}: ${message}`),
  });
}

function valuesOf(
  value: unknown,
  path: readonly (string | number)[],
  report: FindingReport,
): readonly (string | number)[] | undefined {
  if (!Array.isArray(value)) return report.problem(path, `wants a list of values, has ${shownValue(value)}`);
  const wrong = value.findIndex((one) => typeof one !== 'string' && typeof one !== 'number');
  if (wrong >= 0)
    return report.problem([...path, wrong], `wants a text or a number, has ${shownValue(value[wrong])}`);
  return bounded(value, path, report);
}

function bounded(
  values: readonly (string | number)[],
  path: readonly (string | number)[],
  report: FindingReport,
): readonly (string | number)[] | undefined {
  if (values.length <= LIST_VALUES_MAX) return values;
  return report.problem(path, `has ${values.length} values; the limit is ${LIST_VALUES_MAX}`);
}
