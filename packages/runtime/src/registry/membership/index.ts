export type { AnnouncedStatus, Announcement, AnnounceOptions } from "./announcement.ts";
export { Announcer, type AnnouncerOptions } from "./announcer.ts";
export { type Claim, sameStore, yields } from "./claim.ts";
export type { KnownMember } from "./known-member.ts";
export type { MemberEnd } from "./member-directory.ts";
export { type MemberEntry, type MemberState, placeOf } from "./member-entry.ts";
export { type Heard, Members, type MembersOptions } from "./members.ts";
