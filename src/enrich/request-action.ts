import { queryPairs } from '../lib/query.ts';
import type { EventReader, FieldId, FieldPlan } from '../model/event.ts';
import { CONTENTS, TRUNCATED } from '../semantics/derived-sources.ts';
import { type Action, CONNECTIONS, TOKEN, VERBS } from '../semantics/request-verbs.ts';
import { literalMap } from './literal-map.ts';

const CREATED = 201;
const REFUSED = 400;
const CONFLICT = 409;

/** The only value of `dryRun` that the API server takes. */
const DRY_RUN = 'All';

/** Whether the API server was asked to change nothing. A connection, and the issue of a token, know no dry run. */
export function dryRunOf(plan: FieldPlan): (event: EventReader) => boolean {
  const actionOf = literalMap(plan, 'verb', VERBS);
  const kindOf = subresourceKind(plan);
  const [uri, body, inBody, inOptions, level, truncated] = [
    ...['requestURI', 'requestObject', 'requestObject.dryRun', 'requestObject.deleteOptions.dryRun'],
    ...['level', TRUNCATED],
  ].map((path) => plan.id(path)) as [FieldId, FieldId, FieldId, FieldId, FieldId, FieldId];
  const inQuery = dryRunInQuery();
  const asked = (event: EventReader): boolean => {
    const text = event.count(uri) === 1 ? event.scalar(uri, 0) : undefined;
    return typeof text === 'string' && inQuery(text);
  };
  return (event) => {
    const action = actionOf(event);
    if (action === undefined) return false;
    const subresource = kindOf(event);
    if (subresource === 'connection' || subresource === 'token') return false;
    if (action === 'delete') {
      // A body of delete options takes the place of the query. Where a body would not be logged, the client could have sent one.
      if (event.state(body) === 'object') return says(event, inBody);
      return logsBodies(event, level) && event.state(truncated) === 'absent' && asked(event);
    }
    return asked(event) || (subresource === 'eviction' && action === 'create' && says(event, inOptions));
  };
}

/** Whether the event is logged at a level that holds the bodies of requests. */
function logsBodies(event: EventReader, level: FieldId): boolean {
  const name = event.count(level) === 1 ? event.scalar(level, 0) : undefined;
  return name === 'Request' || name === 'RequestResponse';
}

function says(event: EventReader, field: FieldId): boolean {
  const count = event.count(field);
  for (let i = 0; i < count; i++) if (event.scalar(field, i) === DRY_RUN) return true;
  return false;
}

/** Remembers its last answer by the URI: many rules ask about one event. */
function dryRunInQuery(): (uri: string) => boolean {
  let last = '';
  let answer = false;
  return (uri) => {
    if (uri !== last) {
      last = uri;
      answer = false;
      // Only an escape can hide the key; most URIs have neither.
      if (!uri.includes('dryRun') && !uri.includes('%')) return answer;
      for (const [key, value] of queryPairs(uri)) answer ||= key === 'dryRun' && value === DRY_RUN;
    }
    return answer;
  };
}

/** What a request did, or would have done if it had not been refused; undefined for what changes nothing. */
export function actionOf(plan: FieldPlan): (event: EventReader) => Action | undefined {
  const verbOf = literalMap(plan, 'verb', VERBS);
  const kindOf = subresourceKind(plan);
  const isDryRun = dryRunOf(plan);
  const code = plan.id('responseStatus.code');
  const codeOf = (event: EventReader): number =>
    event.count(code) === 1 ? Number(event.scalar(code, 0)) : Number.NaN;
  const isWhole = wholeObject(plan);
  return (event) => {
    const subresource = kindOf(event);
    if (subresource === 'connection') return 'connect';
    const action = verbOf(event);
    if (action === undefined || isDryRun(event)) return undefined;
    if (subresource !== 'none') return action === 'create' ? undefined : action;
    if (action !== 'patch' && action !== 'update') return action;
    const answer = codeOf(event);
    if (answer === CREATED) return 'create';
    const attempt = action === 'patch' && answer >= REFUSED && answer !== CONFLICT && isWhole(event);
    return attempt ? 'create' : action;
  };
}

/** Whether the body is an object as it would be created: a kind, metadata, and what the kind is about. */
function wholeObject(plan: FieldPlan): (event: EventReader) => boolean {
  const kind = plan.id('requestObject.kind');
  const metadata = plan.id('requestObject.metadata');
  const contents = CONTENTS.map((path) => plan.id(path));
  return (event) =>
    event.state(kind) === 'value' &&
    event.state(metadata) === 'object' &&
    contents.some((field) => event.state(field) === 'object');
}

type SubresourceKind = 'none' | 'connection' | 'token' | 'eviction' | 'other';

function subresourceKind(plan: FieldPlan): (event: EventReader) => SubresourceKind {
  const field = plan.id('objectRef.subresource');
  const known = literalMap<SubresourceKind>(plan, 'objectRef.subresource', {
    '': 'none',
    [TOKEN]: 'token',
    eviction: 'eviction',
    ...Object.fromEntries(CONNECTIONS.map((name) => [name, 'connection'] as const)),
  });
  return (event) => (event.count(field) === 0 ? 'none' : (known(event) ?? 'other'));
}
