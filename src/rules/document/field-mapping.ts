import type { YamlPath } from '../../lib/yaml-source.ts';
import type { SigmaDetection } from '../detection/detection.ts';
import { allOf, anyOf, type Expression } from '../detection/expression.ts';
import type { FindingReport } from '../source/findings.ts';

/** Where a pod's spec stands in what is sent for a pod, for a workload that has a pod template, and for a cron job. */
const POD_SPECS = ['spec', 'spec.template.spec', 'spec.jobTemplate.spec.template.spec'] as const;
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

const inPod = (...paths: readonly string[]): readonly string[] =>
  POD_SPECS.flatMap((spec) => paths.map((path) => `requestObject.${spec}.${path}`));

/**
 * Names that public rules use and that no audit event has, by where an event has what is meant. A field that is an object
 * there is read by what it cannot be without: a hostPath's `path`, the capabilities that are added.
 */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['apiGroup', ['objectRef.apiGroup']],
  ['hostPath', inPod('volumes.hostPath.path')],
  ['capabilities', inPod(...CONTAINERS.map((list) => `${list}.securityContext.capabilities.add`))],
]);

/** What rules say of the API server's decision where the response's code should stand. */
const DECISIONS: ReadonlySet<string> = new Set(['allow', 'forbid']);
const CODE = 'responseStatus.code';
const DECISION = 'annotations.authorization.k8s.io/decision';

/** A detection that asks for what audit events have. Each name that was replaced is noted at its place in `block`. */
export function mapFields(
  detection: SigmaDetection,
  block: unknown,
  path: YamlPath,
  report: FindingReport,
): SigmaDetection {
  const told = new Set<string>();
  const expression = mapped(detection.expression, (field, to) => {
    if (told.has(field)) return;
    told.add(field);
    for (const at of placesOf(field, block, path)) report.note(at, `is read as ${to}`);
  });
  if (told.size === 0) return detection;
  const selections = [...detection.selections].map(
    ([name, selection]) => [name, mapped(selection, () => {})] as const,
  );
  return { ...detection, expression, selections: new Map(selections) };
}

type Tell = (field: string, to: string) => void;

function mapped(expression: Expression, tell: Tell): Expression {
  if (expression.kind === 'all' || expression.kind === 'any')
    return { ...expression, of: expression.of.map((part) => mapped(part, tell)) };
  if (expression.kind === 'not') return { ...expression, of: mapped(expression.of, tell) };
  // In a block the names are those of a member; the other kinds compare no field with a value.
  if (expression.kind !== 'field' && expression.kind !== 'exists' && expression.kind !== 'null')
    return expression;
  // What is asked of a field by the absence of a value holds if no place has one.
  const join = expression.kind === 'null' ? allOf : anyOf;
  const places = FIELDS.get(expression.field);
  if (places !== undefined) {
    tell(expression.field, told(places));
    return join(places.map((field) => ({ ...expression, field })));
  }
  return decision(expression, tell) ?? expression;
}

/** `responseStatus.code: ALLOW`, which no response has, is the authorizer's decision. */
function decision(expression: Expression, tell: Tell): Expression | undefined {
  if (expression.kind !== 'field' || expression.field !== CODE) return undefined;
  const words = expression.any.filter((test) => test.kind === 'equal' && DECISIONS.has(test.text));
  if (words.length === 0) return undefined;
  tell(CODE, `${DECISION}, since no code is a word`);
  const decided = { ...expression, field: DECISION, any: words };
  const codes = expression.any.filter((test) => !words.includes(test));
  return codes.length === 0 ? decided : anyOf([decided, { ...expression, any: codes }]);
}

function told(places: readonly string[]): string {
  const [first = '', ...more] = places;
  return more.length === 0 ? first : `${first} and ${more.length} places more (rules.md)`;
}

/** The paths of the items of a detection block that ask for the field. */
function placesOf(field: string, block: unknown, path: YamlPath): readonly YamlPath[] {
  if (typeof block !== 'object' || block === null) return [];
  return Object.entries(block).flatMap(([key, value]) => {
    const at = [...path, Array.isArray(block) ? Number(key) : key];
    return key.split('|', 1)[0] === field ? [at] : placesOf(field, value, at);
  });
}
