import type { Driver } from "../../driver.ts";
import type {
  AttachmentSpec,
  DetachSpec,
  NetworkDriverPort,
  Point,
  SegmentKey,
  SegmentSpec,
} from "../../network/index.ts";
import type { Traffic } from "./traffic.ts";

/** A driver, and the suite's hands on the device behind the driver's back. */
export interface NetworkBackend {
  /** Set up anew whenever a case restarts it: all its sessions are on the one device. */
  readonly driver: Driver<NetworkDriverPort>;
  readonly device: NetworkDevice;
  /** Takes the device down when the case is over. */
  dispose?(): Promise<void> | void;
}

export type MakeNetworkBackend = () => Promise<NetworkBackend> | NetworkBackend;

/**
 * What befalls one command on its way to the device:
 *
 * - `abort`: `abort` is called when the command is about to be sent; then all goes on as if nothing had been.
 * - `refused`: the device answers with a failure, and nothing has changed.
 * - `lost`: the device does it, and the driver hears of a failure: the connection breaks, the tool ends with an error.
 * - `silent`: the device does it and no answer ever comes; then `abort` is called, as a deadline would.
 */
export type CommandFault = "abort" | "refused" | "lost" | "silent";

/** A fault that waits for its command. */
export interface ArmedFault {
  /** Whether the command came. */
  readonly struck: boolean;
  /** Takes the fault away; does nothing once it has struck. */
  disarm(): Promise<void> | void;
}

/** A call of the port, as plain data that another process can be told. */
export type NetworkCall =
  | { readonly method: "ensureSegment"; readonly input: SegmentSpec }
  | { readonly method: "removeSegment"; readonly input: SegmentKey }
  | { readonly method: "attach"; readonly input: AttachmentSpec }
  | { readonly method: "detach"; readonly input: DetachSpec };

/** A change that somebody else makes to what is ours. */
export interface Meddling {
  /** `"the bridge is deleted"`, `"the port is moved to another bridge"`. */
  readonly what: string;
  /** Makes it, to the segment of an attached port or to the port itself. */
  act(attached: AttachmentSpec): Promise<void> | void;
}

/** Something that is not ours and has the very place, name or number that is asked for. */
export type Squatter =
  | { readonly instead: "segment"; readonly spec: SegmentSpec }
  | { readonly instead: "port"; readonly spec: AttachmentSpec };

/** A thousand points; they may share places. */
export interface Crowd {
  /** Over how many networks the ports are spread: port n is in network n % networks. */
  readonly networks: number;
  point(n: number): Point;
  /** The most commands, or requests, that attaching them all at once may take. Absent where the device takes one thing at a time. */
  readonly roundTrips?: number;
}

/**
 * The hands. What a device does not have is a reason in place of the hand, and the cases that need it are skipped with it: as
 * few as can be.
 *
 * A command is whatever the device does as one thing, or the nearest to it that the author can get between: a process that is
 * run, a line of a batch, a command of a request. Those that only read count too.
 */
export interface NetworkDevice {
  /** As the driver's options name it; everything the suite makes lies on it. */
  readonly physicalNetwork: string;
  /** Other kinds are expected to be `UNIMPLEMENTED`. */
  readonly kinds: readonly SegmentSpec["segment"]["kind"][];
  /** A VLAN that is not the driver's to use, of each sort: reserved by the device, 1 where that is special. Flat devices have none. */
  readonly reservedVlans: readonly number[];

  /** The n-th place, from 0, that no other port is at. There are at least eight. */
  own(n: number): Point;
  /** The n-th point, from 0, at one place where several ports of several networks can be: a trunk, one namespace. At least four. */
  readonly shared: ((n: number) => Point) | string;
  readonly crowd: Crowd;
  /** A point of a kind that the device does not have, or a reason why it has all of them. */
  readonly strangePoint: Point | string;

  /**
   * All that the device is, one fact a line, in any order: `"link eth1: mtu 1500"`, `"Ethernet1/10 carries VLAN 100 tagged"`.
   * What is ours and what is not are never one fact. Without what changes by itself (counters, timers) or is new each time a
   * thing of ours is made (interface indexes).
   */
  facts(): Promise<readonly string[]> | readonly string[];
  /** How many commands the driver has sent so far, or requests where one request carries many. */
  roundTrips(): number;
  /** What is kept of the MTU for an attached port: at each end and between. Empty where a device keeps none for a port. */
  mtus(attached: AttachmentSpec): Promise<readonly number[]> | readonly number[];

  /** Restarts the device: what is not kept over that is gone, foreign things too, and its incarnation is another. Resolves when it serves again. */
  restart(): Promise<void>;
  /** Makes the device out of reach until the function that is returned is called. */
  readonly unreachable: (() => Promise<() => Promise<void>>) | string;

  /** Lets a fault strike the n-th command, from 1, that is sent from now on by this process. */
  fault(at: number, fault: CommandFault, abort: () => void): Promise<ArmedFault> | ArmedFault;
  /**
   * Sets the driver up in a process of its own, makes the calls one after the other, and kills that process by SIGKILL when it
   * is about to send its n-th command, from 1, counted after set-up. `finished`: the calls needed fewer.
   */
  killed(at: number, calls: readonly NetworkCall[]): Promise<"killed" | "finished">;

  /**
   * Makes by hand, for the n-th time, from 0 to 2, what others might have next to ours: a segment, a link, a VLAN (cases use the
   * lowest 64 usable ones and the ends of ranges), a member of their own on places that cases use, and where it can be one
   * with a name as ours begin.
   */
  plant(n: number): Promise<void> | void;
  /** Puts something foreign where something of ours would be; resolves with what takes it away again. */
  squat(squatter: Squatter): Promise<() => Promise<void>>;
  /** At least one on a segment and one on a port. */
  readonly meddlings: readonly Meddling[];
  /** Uses up what the device has for segments by hand until one more of ours does not fit; resolves with what gives it back. A reason where nothing is limited. */
  readonly fill: (() => Promise<() => Promise<void>>) | string;

  /** Frames, or what stands for them where a device forwards none. */
  readonly traffic: Traffic;
}
