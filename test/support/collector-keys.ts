import { z } from 'zod';

// Keys of collector components that our build of a collector does not have, as their documentation has them. Only those that the
// examples use: an unknown key is an error.

const duration = z.string().regex(/^\d+(?:ms|s|m|h)$/);
const fromEnvironment = z.string().regex(/^\$\{env:[A-Z_]+\}$/);

/** By the id of the component; the type before a slash. */
export const RECEIVERS: Readonly<Record<string, z.ZodType>> = {
  aws_cloudwatch: z.strictObject({
    region: z.string().min(1),
    storage: z.string().optional(),
    logs: z.strictObject({
      // RFC 3339; a time that YAML reads as text.
      start_from: z.iso.datetime(),
      poll_interval: duration,
      // FilterLogEvents gives no more.
      max_events_per_request: z.int().min(1).max(10_000),
      groups: z.strictObject({
        named: z.record(
          z.string().regex(/^\/aws\/eks\/[^/]+\/cluster$/),
          z.strictObject({ prefixes: z.array(z.string()).min(1) }),
        ),
      }),
    }),
  }),
  awsfirehose: z.strictObject({
    endpoint: z.string(),
    encoding: z.literal('aws_logs_encoding'),
    access_key: fromEnvironment,
  }),
  googlecloudpubsub: z.strictObject({
    project: z.string(),
    subscription: z.string().regex(/^projects\/[^/]+\/subscriptions\/[^/]+$/),
    encoding: z.literal('text_encoding'),
  }),
  azure_event_hub: z.strictObject({
    connection: fromEnvironment,
    group: z.string(),
    storage: z.literal('file_storage'),
    format: z.enum(['raw', 'azure']),
  }),
};

export const EXTENSIONS: Readonly<Record<string, z.ZodType>> = {
  aws_logs_encoding: z.strictObject({ format: z.literal('cloudwatch') }),
  // Without a separator: an entry is one message.
  text_encoding: z.strictObject({ encoding: z.literal('utf8'), unmarshaling_separator: z.literal('') }),
};
