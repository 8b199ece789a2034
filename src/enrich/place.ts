/** Where an address is, as far as the database knows: '' or undefined for what it does not know. */
export interface Place {
  /** ISO 3166-1 alpha-2, upper case. */
  readonly countryCode: string;
  /** In English. */
  readonly country: string;
  readonly city: string;
  /** Degrees, WGS 84. */
  readonly lat: number | undefined;
  readonly lon: number | undefined;
}

export interface Geo {
  /**
   * undefined for an address without a place (private, loopback, unknown) and for text that is not an address. Throws
   * PlaceFileOpening while the file that knows the address is being opened.
   */
  locate(address: string): Place | undefined;
  /** Another number once addresses may have other places. */
  readonly generation?: number | undefined;
}

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/**
 * A record of a city database as a place. Two layouts are known: flat (`country_code`, `city`, `latitude`, `longitude`;
 * '' for what is not known) and GeoIP2's (`country.iso_code`, `names.en`, `location`). undefined for a record without a place.
 */
export function placeOf(record: unknown): Place | undefined {
  const countryCode = text(at(record, 'country_code')) || text(at(record, 'country', 'iso_code'));
  const country = text(at(record, 'country', 'names', 'en')) || countryName(countryCode);
  const city = text(at(record, 'city')) || text(at(record, 'city', 'names', 'en'));
  const lat = degrees(at(record, 'latitude') ?? at(record, 'location', 'latitude'));
  const lon = degrees(at(record, 'longitude') ?? at(record, 'location', 'longitude'));
  if (!countryCode && !country && !city && (lat === undefined || lon === undefined)) return undefined;
  return { countryCode, country, city, lat, lon };
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The flat files hold 32-bit floats, of which only seven digits are significant: 51.51430130004883 was 51.5143. */
function degrees(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return Math.fround(value) === value ? Number(value.toPrecision(7)) : value;
}

/** '' for text that is not an ISO 3166 code: Intl throws for some of it. */
function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? '') : '';
}
