/**
 * Where beats travel. The sender's token is the last of every subject it publishes to, so that a broker's permissions can
 * keep anybody from speaking for another, and nobody is ever told where to answer: answers go under `found` only.
 */
export interface MembershipSubjects {
  /** To everybody. */
  beat(caller: string): string;
  readonly allBeats: string;
  /** Who is there? Asked of the processes that have a manager of this kind. */
  wanted(manager: string, major: number): string;
  /** Who else is at this host? Asked of the processes that have a manager there, of whatever kind. */
  host(host: string): string;
  /** Answers to one asker. */
  found(asker: string, caller: string): string;
  allFound(asker: string): string;
}

export function membershipSubjects(namespace: string): MembershipSubjects {
  const root = `${namespace}.sys.members`;
  return {
    beat: (caller) => `${root}.beat.${caller}`,
    allBeats: `${root}.beat.*`,
    wanted: (manager, major) => `${root}.wanted.${manager}.v${major}`,
    // No version is called that.
    host: (host) => `${root}.wanted.${host}.host`,
    found: (asker, caller) => `${root}.found.${asker}.${caller}`,
    allFound: (asker) => `${root}.found.${asker}.*`,
  };
}

const token = /^[A-Za-z0-9_-]{1,64}$/;

/** The asker named by the reply subject of a question, or undefined when it is none. */
export function askerOf(subjects: MembershipSubjects, reply: string | undefined): string | undefined {
  const tokens = reply?.split(".") ?? [];
  const [asker, round] = tokens.slice(-2);
  if (asker === undefined || round === undefined || !token.test(asker) || !token.test(round)) return undefined;
  return reply === subjects.found(asker, round) ? asker : undefined;
}

/** The last token: who published it, or which round a notice is about. */
export function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}
