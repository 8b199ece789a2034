import type { Networks } from '../lib/address.ts';
import type { Derived, EventReader, FieldNeed, FieldPlan } from '../model/event.ts';
import { FACTS, type Values } from '../model/hit.ts';
import { type Client, clientAmong } from './client.ts';
import { fieldOf } from './fields.ts';
import { head, scalarText, valueText } from './text.ts';
import { carried } from './values.ts';

/** Facts that stand in the event, or in the record around it. */
const READ = [
  [FACTS.auditId, 'auditID'],
  [FACTS.user, 'user.username'],
  [FACTS.agent, 'userAgent'],
  [FACTS.verb, 'verb'],
  [FACTS.code, 'responseStatus.code'],
  [FACTS.path, 'requestURI'],
  [FACTS.cluster, 'k8s.cluster.name'],
] as const;

const PLACED = [
  [FACTS.countryCode, 'client.geo.country.iso_code'],
  [FACTS.country, 'client.geo.country.name'],
  [FACTS.city, 'client.geo.locality.name'],
  [FACTS.lat, 'client.geo.location.lat'],
  [FACTS.lon, 'client.geo.location.lon'],
] as const;

/** Facts that a detection lists. Of the others it tells only what all hits agree on, so that not having it is a value too. */
const LISTS: ReadonlySet<string> = new Set([FACTS.auditId, FACTS.claimed]);
const ABSENT = [''];

export const FACT_NEEDS: readonly FieldNeed[] = READ.map(([, path]) => ({ path, literals: [] }));

/** What every risk event tells of a request, whatever its rule: lists of one, but for what the client claims. */
export interface Told {
  readonly client: Client | undefined;
  readonly values: Values;
}

export function factsOf(plan: FieldPlan, derived: Derived, trusted: Networks): (event: EventReader) => Told {
  const sourceIPs = plan.id('sourceIPs');
  const facts = [...READ, ...PLACED].map(([fact, path]) => {
    const field = fieldOf(path, plan, derived);
    const shown = fact === FACTS.path ? pathOf : undefined;
    return { fact, read: (event: EventReader) => carried(field, event, shown).values };
  });
  return (event) => {
    const client = clientAmong(
      event.count(sourceIPs),
      (i) => scalarText(event.scalar(sourceIPs, i)),
      trusted,
    );
    const told: [string, readonly string[]][] = facts.map(({ fact, read }) => [fact, read(event)]);
    told.push([FACTS.client, client ? [valueText(client.address)] : []]);
    told.push([FACTS.claimed, [...new Set(client?.claimed.map(valueText))]]);
    return {
      client,
      values: Object.fromEntries(
        told
          .map(([fact, values]) => [fact, values.length > 0 || LISTS.has(fact) ? values : ABSENT] as const)
          .filter(([, values]) => values.length > 0),
      ),
    };
  };
}

/** A request URI up to its query. */
function pathOf(uri: string): string {
  const query = uri.indexOf('?');
  return query < 0 ? uri : head(uri, query);
}
