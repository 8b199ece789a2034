import type { PlacedFault } from '../config/fault-lines.ts';
import type { SettingPlace } from '../config/schema.ts';
import { dotted } from '../lib/dotted-path.ts';
import type { YamlPath } from '../lib/yaml-source.ts';

/** What is wrong with a setting, with the file and line where it stands; without them where no file says it. */
export function settingFault(setting: YamlPath, what: string, place?: SettingPlace): PlacedFault {
  const where = place?.(setting);
  const path = dotted(setting);
  return where === undefined ? { where: path, what } : { where, path, what };
}
