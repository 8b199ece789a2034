import { didYouMean, nearest } from '../../lib/nearest.ts';

/** The fields below a name; `value`: a text, a number or a list of them; `any`: what stands below it is not known here. */
type Fields = { readonly [name: string]: Fields | 'value' | 'any' };

const values = <Name extends string>(...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, 'value'])) as Readonly<Record<Name, 'value'>>;

const USER: Fields = { ...values('username', 'uid', 'groups'), extra: 'any' };

/** An audit event, v1 and v1beta1, to the last name outside of bodies, annotations and what authenticators add. */
const EVENT: Fields = {
  ...values('apiVersion', 'auditID', 'kind', 'level', 'requestReceivedTimestamp', 'requestURI', 'sourceIPs'),
  ...values('stage', 'stageTimestamp', 'timestamp', 'userAgent', 'verb'),
  annotations: 'any',
  authenticationMetadata: values('impersonationConstraint'),
  impersonatedUser: USER,
  metadata: 'any',
  objectRef: values(
    ...['resource', 'namespace', 'name', 'uid', 'apiGroup', 'apiVersion', 'resourceVersion', 'subresource'],
  ),
  requestObject: 'any',
  responseObject: 'any',
  responseStatus: {
    ...values('apiVersion', 'code', 'kind', 'message', 'reason', 'status'),
    metadata: values('continue', 'remainingItemCount', 'resourceVersion', 'selfLink'),
    details: {
      ...values('group', 'kind', 'name', 'retryAfterSeconds', 'uid'),
      causes: values('field', 'message', 'reason'),
    },
  },
  user: USER,
};

/** Every field of a known name, the shorter ones first. */
const PATHS: readonly string[] = pathsOf(EVENT).sort((a, b) => a.split('.').length - b.split('.').length);

/** Whether an audit event can have a field of that path. */
export function isEventField(path: string): boolean {
  let here: Fields | 'value' | 'any' = EVENT;
  for (const name of names(path)) {
    if (here === 'any') return true;
    if (here === 'value' || !Object.hasOwn(here, name)) return false;
    here = here[name]!;
  }
  return true;
}

/** `; did you mean "user.username"?`, where a field of audit events is close. `others`: further fields that may be meant. */
export function eventFieldMeant(path: string, others: readonly string[]): string {
  const meant = known(path) ?? corrected(path);
  return meant === undefined ? didYouMean(path, others) : `; did you mean "${meant}"?`;
}

/** A path with something in front, as other systems have it, or the last part of one. */
function known(path: string): string | undefined {
  const parts = path.split('.');
  const rests = parts.slice(1).map((_, i) => parts.slice(i + 1).join('.'));
  const rest = rests.find((one) => PATHS.includes(one) || (one.includes('.') && isEventField(one)));
  return rest ?? PATHS.find((one) => one.endsWith(`.${path}`));
}

/** The path with each name that is not known replaced by the nearest one; cut where nothing stands below. */
function corrected(path: string): string | undefined {
  const right: string[] = [];
  let here: Fields | 'value' | 'any' = EVENT;
  const [...rest] = path.split('.');
  while (rest.length > 0 && here !== 'value') {
    const name = rest.shift()!;
    const there: string | undefined =
      here === 'any' || Object.hasOwn(here, names(name)[0]!) ? name : near(name, Object.keys(here));
    if (there === undefined) return undefined;
    right.push(there);
    here = here === 'any' ? 'any' : here[names(there)[0]!]!;
  }
  return right.join('.');
}

const near = (name: string, among: readonly string[]): string | undefined =>
  nearest(name, among) ?? among.find((one) => one.toLowerCase().includes(name.toLowerCase()));

/** The names along a path; `sourceIPs[0]` is of sourceIPs. */
const names = (path: string): readonly string[] =>
  path.split('.').map((name) => name.replace(/(\[-?\d+\])+$/, ''));

function pathsOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, below]) =>
    typeof below === 'string' ? [name] : [name, ...pathsOf(below).map((path) => `${name}.${path}`)],
  );
}
