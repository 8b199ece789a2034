import type { TextEnvelope } from './envelope.ts';

/** `oc adm node-logs` writes the name of the node before each line. */
export const nodeLogLine = {
  name: 'node_log_line',
  found: 'text',
  prefix: /[a-z0-9][a-z0-9.-]{0,252} (?=\{)/y,
} as const satisfies TextEnvelope;
