export { Answers } from "./answers.ts";
export { Complaints } from "./complaints.ts";
export {
  addressPattern,
  type Fields,
  identityPattern,
  malformed,
  optional,
  readFields,
  readFlag,
  readJson,
  readList,
  readOneOf,
  readText,
  readWhole,
} from "./fields.ts";
export type { GossipLink } from "./link.ts";
export { type GossipMessage, headBytes } from "./message.ts";
export { type GossipSource, Publisher } from "./publisher.ts";
export { hearQuestions } from "./questions.ts";
export { SenderView } from "./sender-view.ts";
export { type GossipSubjects, gossipSubjects, senderOf } from "./subjects.ts";
export { Subscriber, type Told } from "./subscriber.ts";
export { Teller } from "./teller.ts";
