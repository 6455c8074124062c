/** Types of the module `rearview` and of the global `Rearview`. */

export interface InitOptions {
	/** The workspace's public key. */
	projectKey: string;
	/** The collector's address; null records locally only. The module needs it, the script tag has its own origin. */
	endpoint?: string | null;
	/** The widget configuration, instead of fetching it. */
	config?: Record<string, any>;
	/** `rearview.worker.js` on the page's own origin; bundlers need no help with it. */
	workerUrl?: string;
	/** A folder with the package's `files/`, where no bundler copied them. */
	assetsUrl?: string;
	/** Origins whose pages record together with this one, as its frames or its parent. */
	frames?: string[];
	/** For the script elements that are added. */
	nonce?: string;
	/** 'pending' records nothing until `consent('granted')`. */
	consent?: 'granted' | 'pending';
}

export interface User {
	id: string | number;
	email?: string | null;
	firstName?: string | null;
	lastName?: string | null;
	subscriptionStatus?: 'active' | 'trialing' | 'deleted' | (string & {}) | null;
	[property: string]: unknown;
}

export interface Report {
	title?: string;
	description?: string;
	item_type?: string;
	custom?: Record<string, any>;
}

export interface Submission extends Report {
	email?: string;
	name?: string;
	screenshot?: boolean;
	files?: (Blob | File)[];
}

/** `queued`: it could not be sent yet, and will be. */
export interface Saved {
	id?: string;
	number?: number;
	session_info_url?: string;
	queued?: boolean;
}

export interface ExportOptions {
	format?: 'rrweb' | 'native';
	from?: number | Date;
	to?: number | Date;
}

export interface OpenOptions {
	module?: 'feedback';
	prefill?: {title?: string; description?: string; item_type?: string; email?: string; name?: string; custom?: Record<string, any>};
}

export interface RecordingOptions {
	audio?: boolean;
	max_ms?: number;
}

/** What the listeners of each event get. */
export interface Events {
	load: {};
	identify: Record<string, any> & {id: string};
	open: any;
	close: any;
	capture: {screenshot: boolean};
	/** May be changed; a listener that returns false cancels the report. */
	beforesubmit: Report & {custom: Record<string, any>};
	submit: Saved & {key: string};
	submiterror: {status: number; code: string; message: string; key: string};
	action: {action: string};
	degrade: {what: string; message?: string};
}
export type EventName = keyof Events;

/** On a server nothing is done, and promises are undefined. */
export interface Rearview {
	/** Starts recording. Further calls return the first one's promise, unless that failed. */
	init(options: InitOptions): Promise<void>;
	identify(user: User): void;
	/** Forgets the user and ends the session and its window. */
	logout(): void;
	/** Sends a report with the replay and the logs of the last minutes; other keys go into `custom`. */
	saveReport(metadata?: Report & Record<string, any>, overrides?: {screenshot?: boolean} & Record<string, any>): Promise<Saved>;
	/** rrweb events, or a Blob of the native stream. */
	exportReplay(options: ExportOptions & {format: 'native'}): Promise<Blob>;
	exportReplay(options?: ExportOptions): Promise<any[]>;
	/** A PNG of what is visible, at the recording's privacy level. */
	/** A PNG of the viewport, the whole page or one element; `source: 'display'` asks the user for the browser's own picture of this tab. */
	takeScreenshot(options?: {mode?: 'viewport' | 'page' | 'element', element?: Element, source?: 'display'}): Promise<Blob>;
	on<K extends EventName>(name: K, listener: (detail: Events[K]) => unknown): void;
	off<K extends EventName>(name: K, listener: (detail: Events[K]) => unknown): void;
	addBreadcrumb(message: string, data?: Record<string, any>): void;
	/** Goes into `custom` of every report from now on; null: no more. */
	setContext(name: string, value: any): void;
	pause(): void;
	resume(): void;
	consent(answer: 'granted' | 'denied'): void;
	/** Stops everything and gives the page its functions back. `init()` starts anew. */
	destroy(): void;
	/** Shows the feedback panel. */
	open(options?: OpenOptions): Promise<void>;
	close(): Promise<void>;
	/** Shows the button that opens the panel. */
	show(): Promise<void>;
	hide(): Promise<void>;
	/** Sends a report that the application's own form made. */
	submit(report: Submission): Promise<Saved>;
	/** Records the screen, with the browser's own question before. */
	startRecording(options?: RecordingOptions): Promise<Saved>;
	stopRecording(): Promise<Saved | void>;
}

declare const rearview: Rearview;
export default rearview;
export declare const init: Rearview['init'];
export declare const identify: Rearview['identify'];
export declare const logout: Rearview['logout'];
export declare const saveReport: Rearview['saveReport'];
export declare const exportReplay: Rearview['exportReplay'];
export declare const takeScreenshot: Rearview['takeScreenshot'];
export declare const on: Rearview['on'];
export declare const off: Rearview['off'];
export declare const addBreadcrumb: Rearview['addBreadcrumb'];
export declare const setContext: Rearview['setContext'];
export declare const pause: Rearview['pause'];
export declare const resume: Rearview['resume'];
export declare const consent: Rearview['consent'];
export declare const destroy: Rearview['destroy'];
export declare const open: Rearview['open'];
export declare const close: Rearview['close'];
export declare const show: Rearview['show'];
export declare const hide: Rearview['hide'];
export declare const submit: Rearview['submit'];
export declare const startRecording: Rearview['startRecording'];
export declare const stopRecording: Rearview['stopRecording'];
