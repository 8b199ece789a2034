// What the audit logs of providers have of an event that an API server logged.

// biome-ignore lint/suspicious/noExplicitAny: an audit event as an API server writes it
type Event = Readonly<Record<string, any>>;

/** Another event, or what the provider makes of it; undefined: it is not there. */
export type ProviderLog = (event: Event) => object | undefined;

const isRead = ({ verb }: Event): boolean => ['get', 'list', 'watch'].includes(verb);
const isReceived = ({ stage }: Event): boolean => stage === 'RequestReceived';

/** Objects that policies of providers log without bodies. */
const SECRET = /^(?:secrets|configmaps|tokenreviews|serviceaccounts\/token)$/;

function withoutBodies(event: Event): Event {
  const { requestObject: _, responseObject: __, ...rest } = event;
  return { ...rest, level: 'Metadata' };
}

function resourceOf({ objectRef = {} }: Event): string {
  const { resource = '', subresource } = objectRef;
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

/** The policy of EKS: no events of the cluster, and no bodies of what holds secrets. */
function eks(event: Event): Event | undefined {
  if (isReceived(event) || (event['objectRef']?.resource === 'events' && !event['objectRef'].apiGroup))
    return undefined;
  return SECRET.test(resourceOf(event)) ? withoutBodies(event) : event;
}

/** By code of HTTP: the code of gRPC in an entry. */
const GRPC: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 409: 6, 422: 3, 429: 8 };

/** An entry of Google's audit log, in the same policy: one address, no groups, no query, no impersonation. */
function gke(event: Event): object | undefined {
  const logged = eks(event);
  if (logged === undefined) return undefined;
  const { auditID, verb, stage, user = {}, sourceIPs = [], userAgent, responseStatus = {} } = logged;
  const { requestURI = '', requestObject, responseObject, annotations, stageTimestamp } = logged;
  const [path] = requestURI.split('?');
  const code = GRPC[responseStatus.code];
  return {
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      serviceName: 'k8s.io',
      methodName: methodName(logged),
      resourceName: path
        .replace(/^\/apis?\/(.*)/, (_: string, rest: string) =>
          path.startsWith('/apis/') ? rest : `core/${rest}`,
        )
        .replace(/^\//, ''),
      authenticationInfo: user.username === undefined ? {} : { principalEmail: user.username },
      requestMetadata: { callerIp: sourceIPs.at(-1), callerSuppliedUserAgent: userAgent },
      ...(code === undefined ? {} : { status: { code, message: responseStatus.message } }),
      ...(requestObject === undefined ? {} : { request: requestObject }),
      ...(responseObject === undefined ? {} : { response: responseObject }),
    },
    insertId: auditID,
    resource: { type: 'k8s_cluster', labels: { cluster_name: 'prod', location: 'europe-west1' } },
    timestamp: stageTimestamp,
    labels: annotations,
    operation: { id: auditID, producer: 'k8s.io', first: true, last: stage !== 'ResponseStarted' },
    verb,
  };
}

function methodName({ objectRef, verb, requestURI = '' }: Event): string {
  if (objectRef?.resource === undefined || !/^\/apis?\//.test(requestURI)) return `io.k8s.${verb}`;
  const { apiGroup = 'core', apiVersion = 'v1', resource, subresource } = objectRef;
  const group = apiGroup
    .replace(/\.k8s\.io$/, '')
    .split('.')
    .reverse()
    .join('.');
  return ['io.k8s', group, apiVersion, resource, subresource, verb].filter(Boolean).join('.');
}

const UNLOGGED = /^\/(?:api(?:s|\/v1|s\/[^/]+(?:\/[^/]+)?)?|version|healthz|readyz|livez)$/;

/** The profile Default of OpenShift: no bodies, no events of the cluster, no lists of what the API has, no health checks. */
function openshift(event: Event): Event | undefined {
  const { requestURI = '', user = {}, objectRef } = event;
  const isKnown = user.groups?.some((group: string) => /^system:(?:un)?authenticated$/.test(group));
  const isUnlogged = isKnown && objectRef === undefined && UNLOGGED.test(requestURI.split('?')[0]);
  const isEvent = objectRef?.resource === 'events' && !objectRef.apiGroup;
  return isReceived(event) || isUnlogged || isEvent ? undefined : withoutBodies(event);
}

/** By the name of the block in a page that lists what is blind there. */
export const PROVIDER_LOGS = {
  eks,
  'gke-with-data-access': gke,
  'gke-without-data-access': (event) => (isRead(event) ? undefined : gke(event)),
  'aks-kube-audit-admin': (event) => (['get', 'list'].includes(event['verb']) ? undefined : event),
  'openshift-default': openshift,
} as const satisfies Readonly<Record<string, ProviderLog>>;
