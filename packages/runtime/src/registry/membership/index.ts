export {
  type AnnouncedStatus,
  type Announcement,
  type AnnounceOptions,
  Announcer,
  type AnnouncerOptions,
} from "./announcer.ts";
export type { MemberState } from "./beat.ts";
export type { KnownMember } from "./known-member.ts";
export { Members, type MembersOptions } from "./members.ts";
