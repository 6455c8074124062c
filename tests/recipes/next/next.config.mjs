/* The root is named because the recipe lies in another project. */
export default { output: 'export', turbopack: { root: process.env.RECIPE_ROOT } };
