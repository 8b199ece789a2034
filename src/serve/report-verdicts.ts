import type { Handle, Verdict } from '../model/request.ts';
import { fromSender, type ProblemLog } from './problem-log.ts';

/** The same handler, with its rejected requests and its failures in the log: a sender learns little about a failure. */
export function reportVerdicts(handle: Handle, problems: ProblemLog): Handle {
  return async (request) => {
    try {
      const verdict = await handle(request);
      reportVerdict(verdict, request.sender, problems);
      return verdict;
    } catch (error) {
      problems.report(
        'requests failed because of a bug in Sidewatch, please report it',
        String((error as Error).stack),
      );
      throw error;
    }
  };
}

function reportVerdict(verdict: Verdict, sender: string | undefined, { report }: ProblemLog): void {
  const from = (why: string) => fromSender(why, sender);
  if (verdict.kind === 'malformed')
    report('malformed requests were rejected; their senders drop them', from(verdict.why));
  else if (verdict.kind === 'overloaded')
    report('requests were rejected for now; their senders may retry', from(verdict.why));
  else if (verdict.kind === 'unavailable')
    report('requests were not forwarded, or not recorded; their senders may retry', from(verdict.why));
  else if (verdict.kind === 'accepted' && verdict.rejected > 0)
    report(
      'malformed records were rejected; the other records were accepted',
      from(verdict.why ?? ''),
      verdict.rejected,
    );
}
