import type { YamlPath } from '../../lib/yaml-source.ts';
import type { SigmaDetection } from '../detection/detection.ts';
import { allOf, anyOf, type Expression } from '../detection/expression.ts';
import type { FindingReport } from '../source/rule-findings.ts';

/** The path of the pod spec in a pod, in a workload with a pod template, and in a cron job. */
const POD_SPECS = ['spec', 'spec.template.spec', 'spec.jobTemplate.spec.template.spec'] as const;
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

const inPod = (...paths: readonly string[]): readonly string[] =>
  POD_SPECS.flatMap((spec) => paths.map((path) => `requestObject.${spec}.${path}`));

/**
 * Fields that public rules use and that no audit event has, each with the fields that hold its value. Where the value is an
 * object, a part that is always there stands for it: a hostPath's `path`, the capabilities that are added.
 */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['apiGroup', ['objectRef.apiGroup']],
  ['hostPath', inPod('volumes.hostPath.path')],
  ['capabilities', inPod(...CONTAINERS.map((list) => `${list}.securityContext.capabilities.add`))],
]);

/** Words of the authorizer that some rules expect as the code of a response. */
const DECISIONS: ReadonlySet<string> = new Set(['allow', 'forbid']);
const CODE = 'responseStatus.code';
const DECISION = 'annotations.authorization.k8s.io/decision';

/** The detection with fields that audit events have. Each field that was replaced is noted at its place in `block`. */
export function mapFields(
  detection: SigmaDetection,
  block: unknown,
  path: YamlPath,
  report: FindingReport,
): SigmaDetection {
  const noted = new Set<string>();
  const expression = mapped(detection.expression, (field, to) => {
    if (noted.has(field)) return;
    noted.add(field);
    for (const at of placesOf(field, block, path)) report.note(at, `is read as ${to}`);
  });
  if (noted.size === 0) return detection;
  const selections = [...detection.selections].map(
    ([name, selection]) => [name, mapped(selection, () => {})] as const,
  );
  return { ...detection, expression, selections: new Map(selections) };
}

type Note = (field: string, to: string) => void;

function mapped(expression: Expression, note: Note): Expression {
  if (expression.kind === 'all' || expression.kind === 'any')
    return { ...expression, of: expression.of.map((part) => mapped(part, note)) };
  if (expression.kind === 'not') return { ...expression, of: mapped(expression.of, note) };
  // An array block has the fields of its members; the other kinds compare no field with a value.
  if (expression.kind !== 'field' && expression.kind !== 'exists' && expression.kind !== 'null')
    return expression;
  // A field without a value has none in any of the places.
  const join = expression.kind === 'null' ? allOf : anyOf;
  const places = FIELDS.get(expression.field);
  if (places !== undefined) {
    note(expression.field, inWords(places));
    return join(places.map((field) => ({ ...expression, field })));
  }
  return decision(expression, note) ?? expression;
}

/** `responseStatus.code: ALLOW`, which no response has, is the authorizer's decision. */
function decision(expression: Expression, note: Note): Expression | undefined {
  if (expression.kind !== 'field' || expression.field !== CODE) return undefined;
  const words = expression.any.filter((test) => test.kind === 'equal' && DECISIONS.has(test.text));
  if (words.length === 0) return undefined;
  note(CODE, `${DECISION}, since a code is a number`);
  const decided = { ...expression, field: DECISION, any: words };
  const codes = expression.any.filter((test) => !words.includes(test));
  return codes.length === 0 ? decided : anyOf([decided, { ...expression, any: codes }]);
}

function inWords(places: readonly string[]): string {
  const [first = '', ...more] = places;
  return more.length === 0 ? first : `${first} and ${more.length} more places (see rules.md)`;
}

/** The paths of the items of a detection block that ask for the field. */
function placesOf(field: string, block: unknown, path: YamlPath): readonly YamlPath[] {
  if (typeof block !== 'object' || block === null) return [];
  return Object.entries(block).flatMap(([key, value]) => {
    const at = [...path, Array.isArray(block) ? Number(key) : key];
    return key.split('|', 1)[0] === field ? [at] : placesOf(field, value, at);
  });
}
