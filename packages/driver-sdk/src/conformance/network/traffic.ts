import type { AttachmentSpec, Point } from "../../network/index.ts";

/**
 * Hands on what flows through a device. Words stand for broadcast frames that carry them.
 *
 * A simulator forwards nothing; there a word has arrived if, after any command, the place it was said at and the place that
 * listens carried the same segment, tagged or untagged alike.
 */
export interface Traffic {
  /** Hears whatever reaches a point, from before a port is attached there until it is stopped. */
  listen(point: Point): Promise<Listener>;
  /** Says a word over and over from an attached port; `mac`: as the source instead of the port's own. */
  speak(from: AttachmentSpec, word: string, mac?: string): Promise<Speaker>;
  /** Says it on the physical network itself, as another machine there would: tagged with that VLAN, or untagged. */
  speakOutside(vlanId: number | undefined, word: string): Promise<Speaker>;
}

export interface Listener {
  /** The words heard so far, each once. */
  heard(): Promise<readonly string[]> | readonly string[];
  stop(): Promise<void> | void;
}

export interface Speaker {
  stop(): Promise<void> | void;
}
