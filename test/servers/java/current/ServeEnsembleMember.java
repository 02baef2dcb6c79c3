import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/** CONFIGURATION PORT: one member of an ensemble, until standard input ends. It is ready when it leads or follows. */
class ServeEnsembleMember {
  public static void main(String[] args) throws Exception {
    // Its threads would go on without it.
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> { System.err.println(error); System.exit(1); });
    System.setProperty("zookeeper.4lw.commands.whitelist", "*");
    System.setProperty("zookeeper.admin.enableServer", "false");
    Member member = new Member();
    inBackground(() -> member.serve(args[0]));
    inBackground(() -> {
      while (!member.isServing()) Thread.sleep(10);
      System.out.println("ready " + args[1]);
    });
    while (System.in.read() >= 0) {}
    System.exit(0);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void inBackground(Work work) {
    Thread thread = new Thread(() -> {
      try {
        work.run();
      } catch (Exception error) {
        throw new RuntimeException(error);
      }
    });
    thread.setDaemon(true);
    thread.start();
  }

  private static class Member extends QuorumPeerMain {
    void serve(String configuration) throws Exception {
      initializeAndRun(new String[] { configuration });
    }

    boolean isServing() {
      return quorumPeer != null && quorumPeer.getActiveServer() != null && quorumPeer.getActiveServer().isRunning();
    }
  }
}
