import type { Reading } from '../../../src/report/overview.ts';
import { TEN } from '../../support/events.ts';

/** One file that was read to its end. */
export const nothingAmiss: Reading = {
  files: 1,
  events: 620,
  covered: [TEN, TEN],
  unread: [],
  malformed: 0,
  shortfalls: [],
  blind: [],
  stopped: false,
};
