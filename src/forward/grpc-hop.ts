import type { Clock } from '../model/time.ts';
import { grpcClient } from '../otlp-client/grpc-client.ts';
import { grpcAnswer, unanswered } from './hop-answers.ts';
import type { HopOptions, NextHop } from './next-hop.ts';
import { asSent } from './outgoing.ts';

export interface GrpcHopOptions extends HopOptions {
  /** A URL without a path, or unix:///PATH. */
  readonly endpoint: string;
}

/** The next hop over OTLP/gRPC. The messages stay bytes. Throws for a certificate that cannot be read. */
export function grpcHop(options: GrpcHopOptions, clock: Clock): NextHop {
  const client = grpcClient({ ...options, keys: () => options.tls }, clock);
  return {
    target: options.endpoint,
    takesJson: false,
    async send(message, timeout) {
      const answer = await client.send(asSent(message, options.headers), timeout);
      return answer.kind === 'no answer' ? unanswered(answer, timeout) : grpcAnswer(answer);
    },
    stop: () => client.stop(),
  };
}
