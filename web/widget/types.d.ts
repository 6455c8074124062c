/** Content hashes of the built files by name without `rearview.`, put in by the build; under '' that of what is not named. */
declare const RV_FILES: Record<string, string>;

/** The worker's file holds all of its parts: so the npm module's does. */
declare const RV_WHOLE: boolean;

/** The files that are fetched when they are needed, by name: made from PARTS of scripts/build-web.mjs. */
declare module 'rv:parts' {
	export const parts: Record<string, () => Promise<any>>;
}

/** What react/index.js uses of React, which is the application's own. */
declare module 'react' {
	export function createContext<T>(value: T): {Provider: any};
	export function useContext(context: any): any;
	export function useEffect(effect: () => void | (() => void), deps: unknown[]): void;
	export function createElement(type: any, props: object, ...children: unknown[]): any;
}
