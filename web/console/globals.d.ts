/** The address of the player's document, put in by the build. */
declare const RV_PLAYER: string;
declare module '*.svg' { const url: string; export default url; }
declare module '*.css';
