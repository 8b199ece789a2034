import type { TextEnvelope } from './envelope.ts';

/** A line of klog, with which the servers of Kubernetes write their own logs. */
export const klogLine = {
  name: 'klog_line',
  found: 'text',
  prefix: /[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,9} {1,8}\d{1,10} [\w.-]{1,128}:\d{1,6}\] /y,
} as const satisfies TextEnvelope;
