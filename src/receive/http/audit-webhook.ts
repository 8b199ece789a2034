import type { Handle, Receiver } from '../../model/request.ts';
import type { Clock } from '../../model/time.ts';
import { type HttpOptions, startHttp } from './http-server.ts';
import {
  type HttpRoute,
  type HttpService,
  mediaTypeOf,
  pathOf,
  plainAnswer,
  refusalHeaders,
} from './http-service.ts';

export interface WebhookOptions extends HttpOptions {
  /** The path of API servers whose cluster has no name. */
  readonly path: string;
}

/** An API server drops the query of its URL, and keeps the path: so the path names the cluster. */
const CLUSTER_PATH = /^\/clusters\/([^/]+)$/;
/** Texts for people show it, so it has no characters that are not seen, or that change the direction of others. */
const CLUSTER = /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;

const NOT_ALLOWED = plainAnswer(405, '405 method not allowed, supported: [POST]', { allow: 'POST' });
const UNSUPPORTED = plainAnswer(415, '415 unsupported media type, supported: [application/json]');

/** What an API server sends with `--audit-webhook-config-file`: POST, an EventList as JSON; see startHttp. */
export function startAuditWebhook(options: WebhookOptions, handle: Handle, clock: Clock): Promise<Receiver> {
  return startHttp(options, webhookService(options.path), handle, clock);
}

function webhookService(path: string): HttpService {
  const notFound = plainAnswer(404, `404 page not found, supported: [${path}, /clusters/NAME]`);
  return {
    section: 'receivers.kubernetes_audit_webhook',
    preflight: () => undefined,
    route(head) {
      const route = pathOf(head) === path ? EVENT_LIST : ofCluster(pathOf(head));
      if (!route) return notFound;
      if (head.method !== 'POST') return NOT_ALLOWED;
      return mediaTypeOf(head) === 'application/json' ? route : UNSUPPORTED;
    },
    /** As text: the API server logs it. */
    answer: (made) =>
      made.grpc === 0
        ? { status: made.http, headers: {}, body: '' }
        : plainAnswer(made.http, made.message, refusalHeaders(made)),
    headers: () => ({}),
  };
}

const EVENT_LIST: HttpRoute = { shape: 'event-list' };

function ofCluster(path: string): HttpRoute | undefined {
  const [, name = ''] = CLUSTER_PATH.exec(path) ?? [];
  const cluster = decoded(name);
  return cluster !== undefined && CLUSTER.test(cluster) ? { ...EVENT_LIST, cluster } : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
