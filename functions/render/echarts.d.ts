/** The file that holds the whole of ECharts has the same types as its modules. */
declare module "echarts/dist/echarts.esm.min.mjs" {
  export * from "echarts";
}
