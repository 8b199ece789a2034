import { API_GROUP, type DocumentEnvelope } from './envelope.ts';

/** An event as text, or as an object, at one key of a document that some agent has made of a line. */
const textKey = <Name extends string>(name: Name, key: string) =>
  ({
    name,
    found: 'document',
    when: [
      { all: [{ path: key, is: 'marked' }] },
      {
        all: [
          { path: `${key}.auditID`, is: 'text' },
          { path: `${key}.stage`, is: 'text' },
        ],
      },
      { all: [{ path: `${key}.apiVersion`, startsWith: API_GROUP }] },
    ],
    events: { documentAt: key },
  }) as const satisfies DocumentEnvelope;

/** Docker's json-file driver, Fluent Bit and Fluentd. */
export const logKey = textKey('log_key', 'log');
/** Vector, Logstash, and one log event of CloudWatch. */
export const messageKey = textKey('message_key', 'message');
/** Collectors that write a record as JSON. */
export const bodyKey = textKey('body_key', 'body');
/** `journalctl -o json`. */
export const journalKey = textKey('journal_key', 'MESSAGE');
