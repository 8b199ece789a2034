import type { Networks } from '../lib/networks.ts';
import { scalarText } from '../lib/scalar-text.ts';
import type {
  Derived,
  DerivedField,
  EventReader,
  FieldNeed,
  FieldPlan,
  RequestField,
  Scalar,
} from '../model/event.ts';
import { isRequestField } from '../semantics/derived-field.ts';
import { sourcesOf } from '../semantics/derived-sources.ts';
import { type AddressAt, clientAddress, clientAmong } from './client.ts';
import type { Geo, Place } from './place.ts';
import { requestFields } from './request-fields.ts';

/** The fields from which the client's fields are made: every hit reads them. The sources of others are needs of the rules that use them. */
export const DERIVE_NEEDS: readonly FieldNeed[] = sourcesOf('client.address');

type ClientField = Exclude<DerivedField, RequestField>;

/**
 * How a derived field is made: of which addresses, and as which part of their place; without `place`, it is the address
 * itself.
 */
interface Made {
  readonly of: 'client' | 'claimed' | 'members';
  readonly place?: (place: Place) => Scalar | undefined;
}

const MADE = {
  'client.address': { of: 'client' },
  'client.claimed': { of: 'claimed' },
  'client.geo.country.iso_code': { of: 'client', place: (place) => place.countryCode },
  'client.geo.country.name': { of: 'client', place: (place) => place.country },
  'client.geo.locality.name': { of: 'client', place: (place) => place.city },
  'client.geo.location.lat': { of: 'client', place: (place) => place.lat },
  'client.geo.location.lon': { of: 'client', place: (place) => place.lon },
  'sourceIPs.geo.country.iso_code': { of: 'members', place: (place) => place.countryCode },
  'sourceIPs.geo.country.name': { of: 'members', place: (place) => place.country },
  'sourceIPs.geo.locality.name': { of: 'members', place: (place) => place.city },
  'sourceIPs.geo.location.lat': { of: 'members', place: (place) => place.lat },
  'sourceIPs.geo.location.lon': { of: 'members', place: (place) => place.lon },
} as const satisfies Record<ClientField, Made>;

/** A list of more addresses is read again each time: only attackers send such lists. */
const REUSED_ADDRESSES_MAX = 8;

/** The derived fields of the current event. Keeps nothing of an event, since its reader is reused for the next one. */
export function derive(
  { geo, trusted }: { readonly geo: Geo; readonly trusted: Networks },
  plan: FieldPlan,
): Derived {
  const sourceIPs = plan.id('sourceIPs');
  // One closure for all events, since rules ask for the client of half of them.
  let current: EventReader | undefined;
  const entry: AddressAt = (j) => scalarText(current!.scalar(sourceIPs, j));
  // A hit asks for the client and each part of its place in turn.
  const clientOf = reusingLast((count, entry) => clientAddress(count, entry, trusted));
  const claimedBy = reusingLast((count, entry) => clientAmong(count, entry, trusted)?.claimed ?? []);
  let last:
    | {
        readonly address: string;
        readonly generation: number | undefined;
        readonly place: Place | undefined;
      }
    | undefined;
  const placeOf = (address: string): Place | undefined => {
    const { generation } = geo;
    if (last?.address !== address || last.generation !== generation)
      last = { address, generation, place: geo.locate(address) };
    return last.place;
  };
  const ofRequest = requestFields(plan);
  const value = (field: DerivedField, event: EventReader, i: number): Scalar | undefined => {
    if (isRequestField(field)) return ofRequest(field, event)[i];
    const count = event.count(sourceIPs);
    if (i < 0 || i >= count) return undefined;
    current = event;
    const made: Made = MADE[field];
    if (made.of === 'claimed') return claimedBy(count, entry)[i];
    if (made.of === 'client' && i > 0) return undefined;
    const address = made.of === 'client' ? clientOf(count, entry) : entry(i);
    if (address === undefined || !made.place) return address;
    const place = placeOf(address);
    return place && made.place(place);
  };
  return {
    count(field, event) {
      if (isRequestField(field)) return ofRequest(field, event).length;
      const { of } = MADE[field];
      if (of === 'members') return event.count(sourceIPs);
      current = event;
      if (of === 'claimed') return claimedBy(event.count(sourceIPs), entry).length;
      return value(field, event, 0) === undefined ? 0 : 1;
    },
    value,
    get generation() {
      return geo.generation ?? 0;
    },
  };
}

/** Answers as `make` does, and gives the last answer again for a list of the same addresses, even of another event. */
function reusingLast<T>(
  make: (count: number, entry: AddressAt) => T,
): (count: number, entry: AddressAt) => T {
  let last: { readonly seen: string; readonly made: T } | undefined;
  let lastSingle: { readonly text: string | undefined; readonly made: T } | undefined;
  return (count, entry) => {
    if (count > REUSED_ADDRESSES_MAX) return make(count, entry);
    if (count === 1) {
      const text = entry(0);
      if (lastSingle === undefined || lastSingle.text !== text)
        lastSingle = { text, made: make(count, entry) };
      return lastSingle.made;
    }
    let seen = '';
    for (let j = 0; j < count; j++) {
      const text = entry(j);
      // With its length, so that two different lists never give the same text.
      seen += text === undefined ? '-' : `${text.length}:${text}`;
    }
    if (last?.seen !== seen) last = { seen, made: make(count, entry) };
    return last.made;
  };
}
