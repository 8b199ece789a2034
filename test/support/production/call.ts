import { formatTime } from '../../../src/lib/time-format.ts';
import type { Micros } from '../../../src/model/time.ts';
import type { Client } from './accounts.ts';
import type { Dice } from './dice.ts';
import { KINDS, type Target } from './kinds.ts';

/** One request, as an actor describes it. */
export interface Call {
  /** When it was received. */
  readonly at: Micros;
  readonly by: Client;
  readonly verb: string;
  readonly to: Target;
  readonly query?: string;
  /** 200 where it is left out; 201 for a create. */
  readonly code?: number;
  /** What the authorizer says when it refuses; the code is then 403. */
  readonly refused?: string;
  readonly body?: object;
  /** How long a watch or a stream is open. Such a request is logged when it starts and when it ends. */
  readonly lasts?: number;
}

export type AuditLevel = 'Metadata' | 'RequestResponse';

/** An audit event to come. */
export interface Entry {
  /** Its stageTimestamp. */
  readonly at: Micros;
  readonly call: Call;
  /** The line of the audit log, its times moved by so many microseconds. */
  line(moved?: number): string;
}

const READS = ['get', 'list', 'watch'];
/** Bodies that no sensible policy logs. */
const NEVER_WITH_BODY = ['secrets', 'configmaps', 'tokenreviews'];

/** The events that an API server logs of a request, of all stages but RequestReceived, which policies of clouds omit. */
export function entries(call: Call, level: AuditLevel, dice: Dice): readonly Entry[] {
  const event = unstamped(call, level, dice);
  const took = 400 + dice.below(call.verb === 'list' ? 60_000 : 6000);
  const stage = (name: string, later: number): Entry => ({
    at: (call.at + later) as Micros,
    call,
    line: (moved = 0) => written(event(name), call.at + moved, call.at + later + moved),
  });
  // A client without credentials is turned away before the request's end is awaited.
  if (call.by.user.username === undefined) return [stage('ResponseStarted', took)];
  if (call.lasts === undefined) return [stage('ResponseComplete', took)];
  return [stage('ResponseStarted', took), stage('ResponseComplete', took + call.lasts)];
}

const STAMPS = /"requestReceivedTimestamp":0,"stageTimestamp":0/;

const ESCAPED = /[<>&]/;
const EACH_ESCAPED = /[<>&]/g;
const escaped = (char: string) => `\\u00${char.charCodeAt(0).toString(16)}`;

/** As Go writes it: <, > and & are escaped. */
function written(event: object, received: number, stage: number): string {
  const stamps = `"requestReceivedTimestamp":"${formatTime(received as Micros)}","stageTimestamp":"${formatTime(stage as Micros)}"`;
  const line = JSON.stringify(event).replace(STAMPS, stamps);
  return ESCAPED.test(line) ? line.replace(EACH_ESCAPED, escaped) : line;
}

function unstamped(call: Call, level: AuditLevel, dice: Dice): (stage: string) => object {
  const { by, verb, to, body } = call;
  const own = levelOf(call, level);
  const withBody = own === 'RequestResponse' && body !== undefined;
  const head = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: own, auditID: dice.uuid() };
  const status = statusOf(call);
  return (stage) => ({
    ...head,
    stage,
    requestURI: uriOf(call),
    verb,
    user: by.user,
    sourceIPs: by.addresses,
    ...(by.agent === '' ? {} : { userAgent: by.agent }),
    ...('kind' in to ? { objectRef: referenceOf(to) } : {}),
    responseStatus: status,
    ...(withBody ? { requestObject: body } : {}),
    ...(withBody && status.code < 300 ? { responseObject: body } : {}),
    requestReceivedTimestamp: 0,
    stageTimestamp: 0,
    ...annotationsOf(call),
  });
}

/** Bodies of writes only, and none of what holds credentials: what a policy of a large cluster can afford. */
function levelOf({ verb, to }: Call, level: AuditLevel): string {
  if (level === 'Metadata' || !('kind' in to)) return 'Metadata';
  if (NEVER_WITH_BODY.includes(to.kind) || to.subresource === 'token') return 'Metadata';
  return READS.includes(verb) ? 'Request' : 'RequestResponse';
}

function uriOf({ to, verb, query }: Call): string {
  const search = query === undefined ? '' : `?${query}`;
  return `${'path' in to ? to.path : pathOf(to, verb)}${search}`;
}

type Objects = Extract<Target, { kind: unknown }>;

/** API group, version and resource of a kind. */
function typeOf({ kind }: Objects): { group: string; version: string; resource: string } {
  const [group, version, resource = kind]: readonly [string, string, string?] = KINDS[kind];
  return { group, version, resource };
}

/** What is made has its name in the body, and in the event all the same. */
function pathOf(to: Objects, verb: string): string {
  const named = to.name !== undefined && (verb !== 'create' || to.subresource !== undefined);
  const { group, version, resource } = typeOf(to);
  const parts = [
    group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
    ...(to.namespace === undefined ? [] : ['namespaces', to.namespace]),
    resource,
    ...(named ? [to.name] : []),
    ...(to.subresource === undefined ? [] : [to.subresource]),
  ];
  return parts.join('/');
}

function referenceOf(to: Objects): object {
  const { group, version, resource } = typeOf(to);
  const name = to.name ?? to.selected;
  // A namespace is in itself.
  const namespace = to.namespace ?? (to.kind === 'namespaces' ? to.name : undefined);
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { apiGroup: group }),
    apiVersion: version,
    ...(to.subresource === undefined ? {} : { subresource: to.subresource }),
  };
}

interface Status {
  readonly metadata: object;
  readonly status?: string;
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly code: number;
}

function statusOf(call: Call): Status {
  const code = call.refused === undefined ? (call.code ?? (call.verb === 'create' ? 201 : 200)) : 403;
  if (code < 400) return { metadata: {}, code };
  const reason = REASONS[code];
  const message = code === 403 ? refusalOf(call) : reason;
  return { metadata: {}, status: 'Failure', message, reason, code };
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  500: 'InternalError',
};

function refusalOf({ by, verb, to, refused }: Call): string {
  const user = `User "${by.user.username}" cannot ${verb}`;
  if ('path' in to) return `forbidden: ${user} path "${to.path}"`;
  const { group, resource } = typeOf(to);
  const name = to.name ?? to.selected;
  const what = to.subresource === undefined ? resource : `${resource}/${to.subresource}`;
  const where = to.namespace === undefined ? 'at the cluster scope' : `in the namespace "${to.namespace}"`;
  const why = refused === '' || refused === undefined ? '' : `: ${refused}`;
  return `${resource}${name === undefined ? '' : ` "${name}"`} is forbidden: ${user} resource "${what}" in API group "${group}" ${where}${why}`;
}

/** Who could not be authenticated never came to an authorizer. */
function annotationsOf({ by, refused }: Call): object {
  if (by.user.username === undefined) return {};
  const [decision, reason] = refused === undefined ? ['allow', by.reason] : ['forbid', refused];
  return {
    annotations: { 'authorization.k8s.io/decision': decision, 'authorization.k8s.io/reason': reason },
  };
}
