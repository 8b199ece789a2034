import type { Clock } from '../model/time.ts';
import { httpClient } from '../otlp-client/http-client.ts';
import { httpAnswer, unanswered } from './hop-answers.ts';
import type { HopOptions, NextHop } from './next-hop.ts';
import { asSent } from './outgoing.ts';

export interface HttpHopOptions extends HopOptions {
  /** The whole URL, with /v1/logs. */
  readonly url: string;
}

/** The next hop over OTLP/HTTP. Throws for a certificate that cannot be read. */
export function httpHop(options: HttpHopOptions, clock: Clock): NextHop {
  const { origin, pathname } = new URL(options.url);
  const client = httpClient({ ...options, keys: () => options.tls });
  return {
    target: `${origin}${pathname}`,
    takesJson: true,
    async send(message, timeout) {
      const answer = await client.send(asSent(message, options.headers), timeout);
      return answer.kind === 'no answer' ? unanswered(answer, timeout) : httpAnswer(answer, clock());
    },
    stop: () => client.stop(),
  };
}
