import type { YamlPath } from '../lib/yaml-source.ts';

const SHORT: YamlPath = ['receivers', 'otlp', 'grpc'];
const LONG: YamlPath = ['receivers', 'otlp', 'protocols', 'grpc'];

/** A configuration in its long form, with the way back to what is written in the file. */
export interface LongForm {
  readonly value: unknown;
  readonly isShort: boolean;
  /** The path in `value` of a path in the file, and the other way round. */
  readonly long: (path: YamlPath) => YamlPath;
  readonly written: (path: YamlPath) => YamlPath;
}

/**
 * Moves `receivers.otlp.grpc`, the form of earlier versions, to `receivers.otlp.protocols.grpc`. Where a file has both, the
 * short one stays, and the schema refuses it.
 */
export function longForm(value: unknown): LongForm {
  const receivers = asMap(asMap(value)?.['receivers']);
  const otlp = asMap(receivers?.['otlp']);
  if (!otlp || !Object.hasOwn(otlp, 'grpc') || Object.hasOwn(otlp, 'protocols')) {
    return { value, isShort: false, long: (path) => path, written: (path) => path };
  }
  const { grpc, ...others } = otlp;
  return {
    value: { ...asMap(value), receivers: { ...receivers, otlp: { ...others, protocols: { grpc } } } },
    isShort: true,
    long: (path) => moved(path, SHORT, LONG),
    written: (path) => moved(path, LONG, SHORT),
  };
}

function moved(path: YamlPath, from: YamlPath, to: YamlPath): YamlPath {
  return from.every((step, i) => path[i] === step) ? [...to, ...path.slice(from.length)] : path;
}

function asMap(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? (value as Record<string, unknown>) : undefined;
}
