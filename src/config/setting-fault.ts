import { dotted } from '../lib/dotted-path.ts';
import type { YamlPath } from '../lib/yaml-source.ts';
import type { PlacedFault } from './fault-lines.ts';
import type { SettingPlace } from './schema.ts';

/** A problem of a setting, with its file and line if it comes from a file. */
export function settingFault(setting: YamlPath, what: string, place?: SettingPlace): PlacedFault {
  const where = place?.(setting);
  const path = dotted(setting);
  return where === undefined ? { where: path, what } : { where, path, what };
}
