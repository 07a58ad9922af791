import type { Complaints } from "./complaints.ts";
import { type Fields, readJson, readList } from "./fields.ts";
import type { GossipDelivery, GossipLink } from "./link.ts";
import { askerOf, type GossipSubjects, senderOf } from "./subjects.ts";

export interface QuestionsOptions {
  readonly link: Pick<GossipLink, "subscribe">;
  readonly subjects: GossipSubjects;
  /** The sender that this process speaks as: questions that name others are not for it. */
  readonly sender: string;
  readonly complaints: Complaints;
  /**
   * @param asker its caller token, where answers go
   * @param body what the question says; empty: nothing
   * @throws ReeveError `MALFORMED_FRAME` when that is not to be understood
   */
  onAsked(asker: string, body: Fields): void;
}

/** Hears the questions of one scope. What would be answered to anybody but the asker is ignored, and told once. */
export function hearQuestions(options: QuestionsOptions, ...scope: readonly string[]): { unsubscribe(): void } {
  const { link, subjects, sender, complaints, onAsked } = options;
  return link.subscribe(subjects.allWanted(...scope), (message: GossipDelivery) => {
    const caller = senderOf(message.subject);
    const asker = askerOf(message);
    if (asker === undefined) return complaints.ignored("reply", caller, { what: message.reply });
    let body: Fields = {};
    try {
      if (message.data.length > 0) body = readJson(message.data);
      if (body.senders !== undefined && !readList("senders", body.senders).includes(sender)) return;
      onAsked(asker, body);
    } catch (err) {
      return complaints.ignored("malformed", caller, { err });
    }
  });
}
