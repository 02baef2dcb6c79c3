import java.io.File;
import java.net.InetSocketAddress;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** As the launcher of today's ZooKeeper: PORT DIRECTORY TICK_MILLISECONDS HOST. */
class ServeZooKeeper {
  public static void main(String[] args) throws Exception {
    // Its threads would go on without it.
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> { System.err.println(error); System.exit(1); });
    System.setProperty("zookeeper.4lw.commands.whitelist", "*");
    File directory = new File(args[1]);
    ZooKeeperServer server = new ZooKeeperServer(directory, directory, Integer.parseInt(args[2]));
    NIOServerCnxnFactory connections = new NIOServerCnxnFactory();
    connections.configure(new InetSocketAddress(args[3], Integer.parseInt(args[0])), 1000);
    connections.startup(server);
    System.out.println("ready " + connections.getLocalPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }
}
