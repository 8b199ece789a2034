import { readFileSync } from 'node:fs';
import { loadConfig } from '../config/load-config.ts';
import { exporterVariables } from '../config/otel-environment.ts';
import { type Outputs, outputs } from '../config/outputs.ts';
import type { Config } from '../config/schema.ts';
import type { Limits } from '../correlate/rule-windows.ts';
import { namedFaults } from './named-faults.ts';
import { UserError } from './user-error.ts';
import { userFile } from './user-file.ts';

export interface Settings extends Outputs {
  readonly config: Config;
  /** Reads the file again, with the environment of the start. Throws UserError. */
  readonly readAgain: () => Config;
}

/**
 * The configuration file (or the defaults) together with the environment. Throws UserError with everything that is wrong,
 * including the files that the valid part of it names.
 * Removes OTEL_EXPORTER_OTLP_* from the process's environment: the SDK's exporters would apply them to every destination.
 */
export async function settingsFor(path: string | undefined): Promise<Settings> {
  const environment = { ...process.env };
  const loaded = load(path, environment);
  const good = 'config' in loaded ? { config: loaded.config, rulesIncomplete: false } : loaded.usable;
  const out = good && outputs(good.config, environment);
  const errors = [loaded, out].flatMap((part) => (part && 'errors' in part ? part.errors : []));
  if (errors.length > 0 || !good || !out || 'errors' in out)
    throw new UserError([...errors, ...(good && out ? await namedFaults(good, out.targets) : [])]);
  for (const name of exporterVariables(process.env)) delete process.env[name];
  const readAgain = () => configAt(path, environment);
  const warnings = [...('config' in loaded ? loaded.warnings : []), ...out.warnings];
  return { config: good.config, readAgain, ...out, warnings };
}

function load(path: string | undefined, environment: NodeJS.ProcessEnv): ReturnType<typeof loadConfig> {
  const file = path === undefined ? undefined : { path, ...userFile(path) };
  if (file !== undefined && 'why' in file) return { errors: [`${path}  ${file.why}`] };
  return loadConfig(file, environment, (name) => readFileSync(name, 'utf8'));
}

/** The configuration alone, without a look at what it names. Throws UserError. */
export function configAt(path: string | undefined, environment: NodeJS.ProcessEnv = process.env): Config {
  const loaded = load(path, environment);
  if ('errors' in loaded) throw new UserError(loaded.errors);
  return loaded.config;
}

export function limitsOf({ limits }: Config): Limits {
  return { groups: limits.groups, bytes: limits.state_mib * 2 ** 20, values: limits.values };
}
