/** The whole of ECharts in one file, of the same types as its modules. */
declare module "echarts/dist/echarts.esm.min.mjs" {
  export * from "echarts";
}
