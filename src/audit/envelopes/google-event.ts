import { isObject, type JsonObject, ownValue } from '../document/json.ts';

/**
 * The audit event that GKE made a Cloud Audit LogEntry of, as far as the entry says: it has no level and no groups, one
 * address, and a status of gRPC. Parts of the entry that are missing or null are missing in the event.
 */
export function eventOfEntry(entry: JsonObject): JsonObject {
  const payload = objectAt(entry, 'protoPayload');
  const operation = objectAt(entry, 'operation');
  const metadata = objectAt(payload, 'requestMetadata');
  const [request, response] = [ownValue(payload, 'request'), ownValue(payload, 'response')];
  const target = targetOf(textAt(payload, 'methodName') ?? '', textAt(payload, 'resourceName') ?? '');
  const at = textAt(entry, 'timestamp');
  // A watch or an exec has two entries: one as it begins and one as it ends.
  const begins = ownValue(operation, 'first') === true && ownValue(operation, 'last') !== true;
  const address = textAt(metadata, 'callerIp');
  return defined({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: isObject(response) ? 'RequestResponse' : isObject(request) ? 'Request' : 'Metadata',
    auditID: textAt(operation, 'id') ?? textAt(entry, 'insertId') ?? '',
    stage: begins ? 'ResponseStarted' : 'ResponseComplete',
    ...target,
    user: userOf(objectAt(payload, 'authenticationInfo')),
    sourceIPs: address === undefined ? undefined : [address],
    userAgent: textAt(metadata, 'callerSuppliedUserAgent'),
    responseStatus: statusOf(ownValue(payload, 'status'), response, target.verb),
    requestObject: isObject(request) ? request : undefined,
    responseObject: isObject(response) ? response : undefined,
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    annotations: ownValue(entry, 'labels'),
  });
}

interface Target {
  readonly requestURI: string;
  readonly verb: string;
  readonly objectRef?: JsonObject;
}

/** `io.k8s.core.v1.pods.list` of `core/v1/namespaces/ns/pods/name/subresource`; `io.k8s.get` of a path that is no resource. */
function targetOf(method: string, resourceName: string): Target {
  const verb = method.slice(method.lastIndexOf('.') + 1);
  const [group = '', version = '', ...rest] = resourceName.split('/');
  if (/^io\.k8s\.[a-z]+$/.test(method) || rest.length === 0)
    return { requestURI: `/${resourceName}`, verb: verb.toLowerCase() };
  // `namespaces/ns` alone is an object itself.
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2 && !OF_NAMESPACE.has(rest[2]!);
  const [resource, name, ...subresource] = isNamespaced ? rest.slice(2) : rest;
  const namespace = rest[0] === 'namespaces' ? rest[1] : undefined;
  const isCore = group === 'core';
  return {
    requestURI: `/${isCore ? 'api' : `apis/${group}`}/${[version, ...rest].join('/')}`,
    verb,
    objectRef: defined({
      resource,
      namespace,
      name,
      apiGroup: isCore ? undefined : group,
      apiVersion: version,
      subresource: subresource.length === 0 ? undefined : subresource[0],
    }),
  };
}

/** Subresources of a namespace; what else stands below one is an object in it. */
const OF_NAMESPACE: ReadonlySet<string> = new Set(['status', 'finalize']);

const ANONYMOUS = 'system:anonymous';

/** Empty for a request of nobody, as in an audit event. Of groups only that of an anonymous user is certain. */
function userOf(info: JsonObject): JsonObject {
  const username = textAt(info, 'principalEmail') ?? textAt(info, 'principalSubject');
  if (username === undefined || username === '') return {};
  return username === ANONYMOUS ? { username, groups: ['system:unauthenticated'] } : { username };
}

/** By code of gRPC: the code of HTTP and the reason that the API server gives. */
const STATUS: Readonly<Record<number, readonly [code: number, reason: string]>> = {
  1: [499, ''],
  2: [500, 'InternalError'],
  3: [400, 'BadRequest'],
  4: [504, 'Timeout'],
  5: [404, 'NotFound'],
  6: [409, 'AlreadyExists'],
  7: [403, 'Forbidden'],
  8: [429, 'TooManyRequests'],
  9: [400, 'BadRequest'],
  10: [409, 'Conflict'],
  11: [400, 'BadRequest'],
  12: [501, 'NotImplemented'],
  13: [500, 'InternalError'],
  14: [503, 'ServiceUnavailable'],
  15: [500, 'InternalError'],
  16: [401, 'Unauthorized'],
};

/** The type of the API server's own Status. An object of a user may have a `code`, and a kind that ends in Status. */
const STATUS_TYPE = /^(?:type\.googleapis\.com\/)?(?:core|meta)\.k8s\.io\/v1\.Status$/;

const isStatus = (response: JsonObject): boolean => {
  const type = textAt(response, '@type');
  return type === undefined
    ? ownValue(response, 'kind') === 'Status' && ownValue(response, 'apiVersion') === 'v1'
    : STATUS_TYPE.test(type);
};

/** The answer's own Status where it is logged. A missing status says that the request went well, as in any Cloud Audit log. */
function statusOf(status: unknown, response: unknown, verb: string): JsonObject {
  const answered = isObject(response) ? ownValue(response, 'code') : undefined;
  if (isObject(response) && typeof answered === 'number' && isStatus(response))
    return defined({
      status: ownValue(response, 'status'),
      message: ownValue(response, 'message'),
      reason: ownValue(response, 'reason'),
      code: answered,
    });
  const code = isObject(status) ? Number(ownValue(status, 'code') ?? 0) : 0;
  const failure = STATUS[code];
  if (failure === undefined)
    return code === 0 ? { code: verb === 'create' ? 201 : 200 } : { status: 'Failure', code: 500 };
  const message = isObject(status) ? textAt(status, 'message') : undefined;
  return defined({ status: 'Failure', message, reason: failure[1] || undefined, code: failure[0] });
}

function objectAt(of: JsonObject, key: string): JsonObject {
  const value = ownValue(of, key);
  return isObject(value) ? value : {};
}

function textAt(of: JsonObject, key: string): string | undefined {
  const value = ownValue(of, key);
  return typeof value === 'string' ? value : undefined;
}

function defined(all: Record<string, unknown>): JsonObject {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
}
