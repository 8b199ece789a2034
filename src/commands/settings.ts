import { readFileSync } from 'node:fs';
import { exporterVariables } from '../config/env.ts';
import { loadConfig } from '../config/load.ts';
import { type Outputs, outputs } from '../config/outputs.ts';
import type { Config } from '../config/schema.ts';
import type { Limits } from '../correlate/rule-windows.ts';
import { unreadable } from '../lib/unreadable.ts';
import { UserError } from './user-error.ts';

export interface Settings extends Outputs {
  readonly config: Config;
  /** Reads the file again, under the environment of the start. Throws UserError. */
  readonly readAgain: () => Config;
}

/**
 * The configuration file (or the defaults) and the environment as one. Throws UserError with everything that is wrong.
 * Takes OTEL_EXPORTER_OTLP_* out of the process's environment, or the SDK's exporters would mix them into every destination.
 */
export function settingsFor(path: string | undefined): Settings {
  const environment = { ...process.env };
  const readAgain = () => configOf(path, environment);
  const config = readAgain();
  const out = outputs(config, environment);
  if ('errors' in out) throw new UserError(out.errors);
  for (const name of exporterVariables(process.env)) delete process.env[name];
  return { config, readAgain, ...out };
}

function configOf(path: string | undefined, environment: NodeJS.ProcessEnv): Config {
  const file = path === undefined ? undefined : { path, text: readUserFile(path) };
  const loaded = loadConfig(file, environment, (name) => readFileSync(name, 'utf8'));
  if ('errors' in loaded) throw new UserError(loaded.errors);
  return loaded.config;
}

export function limitsOf({ limits }: Config): Limits {
  return { groups: limits.groups, bytes: limits.state_mib * 2 ** 20, values: limits.values };
}

/** Throws UserError for a file that cannot be read. */
export function readUserFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError([`${path}  cannot be read: ${unreadable(error)}`]);
  }
}
