import type {ReactElement, ReactNode} from 'react';
import type {InitOptions, Rearview, User} from './rearview.js';

export interface RearviewProviderProps extends InitOptions {
	children?: ReactNode;
	/** Who the person is, as for `identify()`; null: logged out; left out: not told here. */
	user?: User | null;
}

/**
 * Records while it is in the tree, once, however often React mounts it; other options begin a new recording.
 * On a server it does nothing.
 */
export function RearviewProvider(props: RearviewProviderProps): ReactElement;

/** The API; the same object as the module's default export. */
export function useRearview(): Rearview;
