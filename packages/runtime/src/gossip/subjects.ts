import type { GossipDelivery } from "./link.ts";

/** What the processes tell each other about. */
export type GossipTopic = "members" | "capabilities" | "inspection";

/**
 * Where one topic's messages travel. The last token of every subject is that of the process that publishes there, so that a
 * broker's permissions keep anybody from speaking for another; and nobody is told where to answer: answers go under `found` only.
 */
export interface GossipSubjects {
  /** To everybody. */
  news(sender: string): string;
  readonly allNews: string;
  /** A question. @param scope tokens that say what is asked for; none: everything */
  wanted(asker: string, ...scope: readonly string[]): string;
  /** Where the questions of one scope are heard, whoever asks. */
  allWanted(...scope: readonly string[]): string;
  /** Answers to one asker. */
  found(asker: string, sender: string): string;
  allFound(asker: string): string;
}

/** @param namespace the first token of every subject */
export function gossipSubjects(namespace: string, topic: GossipTopic): GossipSubjects {
  const system = `${namespace}.sys`;
  const wanted = (last: string, scope: readonly string[]) => [system, "wanted", topic, ...scope, last].join(".");
  return {
    news: (sender) => `${system}.${topic}.${sender}`,
    allNews: `${system}.${topic}.*`,
    wanted: (asker, ...scope) => wanted(asker, scope),
    allWanted: (...scope) => wanted("*", scope),
    found: (asker, sender) => `${system}.found.${topic}.${asker}.${sender}`,
    allFound: (asker) => `${system}.found.${topic}.${asker}.*`,
  };
}

/** The last token of a subject: the process that published there. */
export function senderOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

/**
 * Who asks a question, by its subject; undefined where it names a reply subject outside of the asker's inbox: whoever lets
 * others publish in its place wants them to speak where it may not.
 */
export function askerOf({ subject, reply }: Pick<GossipDelivery, "subject" | "reply">): string | undefined {
  const asker = senderOf(subject);
  return reply === undefined || reply.startsWith(`_INBOX.${asker}.`) ? asker : undefined;
}
