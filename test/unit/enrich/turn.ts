import { read } from '../../../src/audit/read.ts';
import type { Geo, Place } from '../../../src/enrich/place.ts';
import type { EventContext, EventReader, FieldPlan } from '../../../src/model/event.ts';
import { type AuditEvent, request } from '../../support/events.ts';

/** What `use` makes of one event during its turn. `cluster`: the one that the way in names. */
export function turn<T>(
  event: AuditEvent,
  plan: FieldPlan,
  use: (reader: EventReader, about: EventContext) => T,
  cluster?: string,
): T {
  const made: T[] = [];
  const report = read(request(JSON.stringify(event), 'line', undefined, cluster), plan, (reader, about) => {
    made.push(use(reader, about));
  });
  if (made.length !== 1) throw new Error(`read ${made.length} events: ${JSON.stringify(report)}`);
  return made[0]!;
}

export const LONDON: Place = {
  countryCode: 'GB',
  country: 'United Kingdom',
  city: 'London',
  lat: 51.5,
  lon: 0,
};
export const BERLIN: Place = { countryCode: 'DE', country: 'Germany', city: 'Berlin', lat: 52, lon: 13.25 };
/** A country without a city. */
export const NOWHERE: Place = {
  countryCode: 'FR',
  country: 'France',
  city: '',
  lat: undefined,
  lon: undefined,
};

/** 203.0.113.1 and .11 are in London, .2 in Berlin, .3 somewhere in France; all else has no place. */
export const geo: Geo = {
  locate: (address) =>
    new Map([
      ['203.0.113.1', LONDON],
      ['203.0.113.11', LONDON],
      ['203.0.113.2', BERLIN],
      ['203.0.113.3', NOWHERE],
    ]).get(address),
};
