/** The first byte of every envelope. A JSON call begins with `{` instead. */
export const envelopeVersion = 2;

/** Frames that travel as one message, at most. */
export const maxFrames = 32;

/** From here on a message takes no further frame. A single frame may be larger, up to the transport's limit. */
export const maxBatchBytes = 65_536;

/** Kept free of the transport's limit, for what a message takes beside its payload on the way to the broker. */
export const marginBytes = 512;

/** Arrays and maps inside each other, the message's own two levels included. */
export const maxDepth = 64;

/** What one message may hold: an array element counts 1, a map entry {@link entryWeight}. */
export const maxElements = 65_536;

/** A decoder makes something of every new key: a map of 30,000 holds the event loop for 50 ms, an array does not. */
export const entryWeight = 4;

/** How far progress may run ahead of its reader. */
export const progressWindow = 16;

/** Of a name, a key or an id in a call's metadata, in characters. */
export const longestText = 256;

/** Of what identifies an incarnation, in characters. */
export const longestIdentity = 64;

/** Roles of one principal. */
export const maxRoles = 64;

/** Pairs of acknowledged numbers in a head, at most. */
export const maxAcknowledged = 16;
