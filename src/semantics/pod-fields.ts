/**
 * Where the body of a request holds a pod: as the template of a workload, of a CronJob's jobs, as a PodTemplate, or as the
 * body itself. Templates go first, since the body of a workload has a spec of its own around its template.
 */
const PODS = [
  'requestObject.spec.template',
  'requestObject.spec.jobTemplate.spec.template',
  'requestObject.template',
  'requestObject',
];

/** The kind that old API servers took at pods/ephemeralcontainers has them at its top. */
const OLD_EPHEMERAL = /^ephemeralContainers(?=[.[]|$)/;

const POD_SPEC = 'podSpec.';
const POD_METADATA = 'podMetadata.';

/** One of the paths that a field stands for. Its first `fixed` parts are walked key by key: no literal key has their dots. */
export interface FieldPlace {
  readonly path: string;
  readonly fixed: number;
}

/** Whether a field is of the pod in a request's body, whatever the kind of the body. */
export function isPodField(field: string): boolean {
  return field.startsWith(POD_SPEC) || field.startsWith(POD_METADATA);
}

/** The paths in the event that a field of the event stands for; the first one that leads to something has its values. */
export function placesOf(field: string): readonly FieldPlace[] {
  if (field.startsWith(POD_METADATA)) return within('metadata', field.slice(POD_METADATA.length));
  if (!field.startsWith(POD_SPEC)) return [{ path: field, fixed: 0 }];
  const rest = field.slice(POD_SPEC.length);
  const places = within('spec', rest);
  return OLD_EPHEMERAL.test(rest) ? [...places, { path: `requestObject.${rest}`, fixed: 1 }] : places;
}

function within(key: string, rest: string): readonly FieldPlace[] {
  return PODS.map((pod) => ({ path: `${pod}.${key}.${rest}`, fixed: pod.split('.').length + 1 }));
}
