import { type Detection, FACTS } from '../model/hit.ts';
import type { Attribute } from '../model/risk.ts';

/** Attributes about the client and the request, nearly all of the semantic conventions, each only where all hits agree on one value. */
export function facts(detection: Detection): Record<string, Attribute | undefined> {
  const agreed = (fact: string): string | undefined => {
    const values = detection.values[fact];
    return values?.length === 1 && !detection.truncated.includes(fact) ? values[0] || undefined : undefined;
  };
  const lat = number(agreed(FACTS.lat));
  const lon = number(agreed(FACTS.lon));
  const located = lat !== undefined && lon !== undefined;
  const code = agreed(FACTS.code);
  return {
    'client.address': agreed(FACTS.client),
    'client.geo.country.iso_code': agreed(FACTS.countryCode),
    'client.geo.country.name': agreed(FACTS.country),
    'client.geo.locality.name': agreed(FACTS.city),
    'client.geo.location.lat': located ? lat : undefined,
    'client.geo.location.lon': located ? lon : undefined,
    'user.name': agreed(FACTS.user),
    'user_agent.original': agreed(FACTS.agent),
    'http.request.method': agreed(FACTS.method),
    'http.response.status_code': code && /^\d{1,9}$/.test(code) ? Number(code) : undefined,
    'url.path': agreed(FACTS.path),
    'sidewatch.k8s.verb': agreed(FACTS.verb),
    'sidewatch.k8s.object.namespace': agreed(FACTS.namespace),
    'sidewatch.k8s.object.resource': agreed(FACTS.resource),
    'sidewatch.k8s.object.subresource': agreed(FACTS.subresource),
    'sidewatch.k8s.object.name': agreed(FACTS.object),
    'sidewatch.k8s.object.api_group': agreed(FACTS.apiGroup),
    'sidewatch.session.seconds': detection.count === 1 ? number(agreed(FACTS.seconds)) : undefined,
  };
}

/** undefined where the text is not a finite number: a NaN would make a strict receiver refuse the whole batch. */
function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
