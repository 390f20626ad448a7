import type { McpLink } from './mcp-link.ts';
import { verdictOfProbe, type SessionVerdict } from './answers/session-verdict.ts';
import { introductionIn } from './eras/discover.ts';
import { eraVerdictOf } from './eras/era-verdict.ts';

/** What is asked to find out whether a session is alive: not every server knows the first. */
const HARMLESS = ['ping', 'tools/list'];

/** Whether a session is alive. */
export async function probeLegacy(link: McpLink, stopAt: number): Promise<SessionVerdict> {
  let takesNone = true;
  for (const method of HARMLESS) {
    if (performance.now() >= stopAt) return 'suspect';
    try {
      await link.request({ method }, { ms: stopAt - performance.now() });
      return 'sound';
    } catch {
      const verdict = verdictOfProbe(link.failed);
      if (verdict === 'lost' || verdict === 'sound') return verdict;
      takesNone &&= link.failed.status === 400;
    }
  }
  // A server that takes no request of this session has not executed the one before either.
  return takesNone ? 'lost' : 'suspect';
}

/** Whether a server still speaks 2026-07-28. */
export async function probeModern(link: McpLink, stopAt: number): Promise<SessionVerdict> {
  const refused = link.failed;
  try {
    const { given } = await link.request({ method: 'server/discover' }, { ms: stopAt - performance.now() });
    return introductionIn(given).era === 'modern' ? 'sound' : 'suspect';
  } catch {
    const { failed } = link;
    if (failed.status === undefined) return 'suspect';
    // One that refuses both alike has not executed the request before either; else it may have, as a server without sessions.
    const isAlike = failed.status === refused.status && failed.code === refused.code;
    return eraVerdictOf(failed) === 'legacy' && isAlike ? 'lost' : 'suspect';
  }
}
