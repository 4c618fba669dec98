import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.ietf.jgss.ChannelBinding;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSException;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.MessageProp;
import org.ietf.jgss.Oid;

/**
 * Krb5LoginModule and JGSS, told what to do line by line: fields between tabs, binary ones in hexadecimal.
 *
 * <pre>
 * login     KRB5_CONF KIND PRINCIPAL SECRET                          -> done | failed
 * initiate  KRB5_CONF KIND PRINCIPAL SECRET SERVICE MUTUAL BINDINGS  -> token TOKEN | failed
 * answer    TOKEN                                                    -> done | failed
 * accept    KRB5_CONF KEYTAB PRINCIPAL      TOKEN BINDINGS           -> accepted TOKEN INITIATOR | refused TOKEN
 * initiator KRB5_CONF MECHANISM CCACHE SERVICE                       -> done | failed
 * acceptor  KRB5_CONF MECHANISM KEYTAB PRINCIPAL                     -> done | failed
 * step      TOKEN               -> token TOKEN | established TOKEN INITIATOR MECHANISM | refused TOKEN
 * mic       MESSAGE             -> token TOKEN | failed
 * verify    MESSAGE TOKEN       -> done | failed
 * wrap      true|false MESSAGE  -> token TOKEN | failed
 * unwrap    TOKEN               -> token MESSAGE true|false | failed
 * </pre>
 *
 * MECHANISM is kerberos or spnego; established tells the object identifier of the one asked for, since Java does not tell the one chosen.
 * KIND is password, keytab or ccache. MUTUAL is true or false. BINDINGS is the application data of channel bindings. failed and refused end with the texts of the exception and its causes.
 */
final class Gss {
    private static final HexFormat HEX = HexFormat.of();
    private static final List<String> WITH_CONF = List.of("login", "initiate", "accept", "initiator", "acceptor");

    private final Oid kerberos = new Oid("1.2.840.113554.1.2.2");
    private final Oid spnego = new Oid("1.3.6.1.5.5.2");
    private GSSContext context;
    private Subject actor;

    private Gss() throws GSSException {}

    public static void main(String[] arguments) throws GSSException, IOException {
        var gss = new Gss();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            System.out.println(String.join("\t", gss.obey(line.split("\t", -1))));
        }
    }

    private List<String> obey(String[] fields) {
        try {
            if (WITH_CONF.contains(fields[0])) {
                System.setProperty("java.security.krb5.conf", fields[1]);
            }
            return switch (fields[0]) {
                case "accept" -> accept(fields[2], fields[3], HEX.parseHex(fields[4]), fields[5]);
                case "answer" -> answer(HEX.parseHex(fields[1]));
                case "initiate" -> initiate(
                        fields[2], fields[3], fields[4], fields[5], Boolean.parseBoolean(fields[6]), fields[7]);
                case "initiator" -> initiator(fields[2], fields[3], fields[4]);
                case "acceptor" -> acceptor(fields[2], fields[3], fields[4]);
                case "step" -> step(HEX.parseHex(fields[1]));
                case "mic" -> mic(HEX.parseHex(fields[1]));
                case "verify" -> verify(HEX.parseHex(fields[1]), HEX.parseHex(fields[2]));
                case "wrap" -> wrap(Boolean.parseBoolean(fields[1]), HEX.parseHex(fields[2]));
                case "unwrap" -> unwrap(HEX.parseHex(fields[1]));
                case "login" -> login(fields[2], fields[3], fields[4]);
                default -> throw new IllegalArgumentException(fields[0]);
            };
        } catch (Exception error) {
            var told = new ArrayList<>(List.of("failed"));
            if (fields[0].equals("accept") || fields[0].equals("step")) {
                told = new ArrayList<>(List.of("refused", ""));
            }
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                if (!(cause instanceof PrivilegedActionException)) {
                    told.add(cause.getClass().getSimpleName() + ": " + cause.getMessage());
                }
            }
            return told.stream().map(text -> text.replaceAll("\\s+", " ")).toList();
        }
    }

    private List<String> login(String kind, String principal, String secret) throws LoginException {
        subject(kind, principal, secret, true);
        return List.of("done");
    }

    private List<String> initiate(
            String kind, String principal, String secret, String service, boolean mutual, String bindings)
            throws LoginException, PrivilegedActionException {
        Subject subject;
        try {
            subject = subject(kind, principal, secret, true);
        } catch (LoginException error) {
            // A cache is optional, as in Hadoop's configuration: without it there is nobody to act for.
            if (!kind.equals("ccache")) {
                throw error;
            }
            subject = new Subject();
        }
        return Subject.doAs(subject, (PrivilegedExceptionAction<List<String>>) () -> {
            var manager = GSSManager.getInstance();
            var name = manager.createName(service, GSSName.NT_HOSTBASED_SERVICE);
            context = manager.createContext(name, kerberos, null, GSSContext.DEFAULT_LIFETIME);
            context.requestMutualAuth(mutual);
            bind(context, bindings);
            return List.of("token", HEX.formatHex(context.initSecContext(new byte[0], 0, 0)));
        });
    }

    private List<String> answer(byte[] token) throws GSSException {
        context.initSecContext(token, 0, token.length);
        return List.of("done");
    }

    private List<String> accept(String keytab, String principal, byte[] token, String bindings)
            throws LoginException, PrivilegedActionException {
        var subject = subject("keytab", principal, keytab, false);
        return Subject.doAs(subject, (PrivilegedExceptionAction<List<String>>) () -> {
            var manager = GSSManager.getInstance();
            var credential = manager.createCredential(
                    null, GSSCredential.INDEFINITE_LIFETIME, kerberos, GSSCredential.ACCEPT_ONLY);
            var acceptor = manager.createContext(credential);
            bind(acceptor, bindings);
            var answer = acceptor.acceptSecContext(token, 0, token.length);
            return List.of("accepted", answer == null ? "" : HEX.formatHex(answer), acceptor.getSrcName().toString());
        });
    }

    private List<String> initiator(String mechanism, String ccache, String service)
            throws LoginException, PrivilegedActionException {
        actor = subject("ccache", "", ccache, true);
        return Subject.doAs(actor, (PrivilegedExceptionAction<List<String>>) () -> {
            var manager = GSSManager.getInstance();
            var name = manager.createName(service, GSSName.NT_HOSTBASED_SERVICE);
            context = manager.createContext(name, oid(mechanism), null, GSSContext.DEFAULT_LIFETIME);
            context.requestMutualAuth(true);
            return List.of("done");
        });
    }

    private List<String> acceptor(String mechanism, String keytab, String principal)
            throws LoginException, PrivilegedActionException {
        actor = subject("keytab", principal, keytab, false);
        return Subject.doAs(actor, (PrivilegedExceptionAction<List<String>>) () -> {
            var manager = GSSManager.getInstance();
            context = manager.createContext(manager.createCredential(
                    null, GSSCredential.INDEFINITE_LIFETIME, oid(mechanism), GSSCredential.ACCEPT_ONLY));
            return List.of("done");
        });
    }

    private Oid oid(String mechanism) {
        return switch (mechanism) {
            case "kerberos" -> kerberos;
            case "spnego" -> spnego;
            default -> throw new IllegalArgumentException(mechanism);
        };
    }

    private List<String> step(byte[] token) throws PrivilegedActionException {
        return Subject.doAs(actor, (PrivilegedExceptionAction<List<String>>) () -> {
            var answer = context.isInitiator()
                    ? context.initSecContext(token, 0, token.length)
                    : context.acceptSecContext(token, 0, token.length);
            var told = answer == null ? "" : HEX.formatHex(answer);
            if (!context.isEstablished()) {
                return List.of("token", told);
            }
            return List.of("established", told, context.getSrcName().toString(), context.getMech().toString());
        });
    }

    private List<String> mic(byte[] message) throws GSSException {
        return List.of("token", HEX.formatHex(context.getMIC(message, 0, message.length, new MessageProp(false))));
    }

    private List<String> verify(byte[] message, byte[] token) throws GSSException {
        context.verifyMIC(token, 0, token.length, message, 0, message.length, new MessageProp(false));
        return List.of("done");
    }

    private List<String> wrap(boolean confidential, byte[] message) throws GSSException {
        var wrapped = context.wrap(message, 0, message.length, new MessageProp(confidential));
        return List.of("token", HEX.formatHex(wrapped));
    }

    private List<String> unwrap(byte[] token) throws GSSException {
        var property = new MessageProp(false);
        var message = context.unwrap(token, 0, token.length, property);
        return List.of("token", HEX.formatHex(message), Boolean.toString(property.getPrivacy()));
    }

    private static void bind(GSSContext context, String bindings) throws GSSException {
        if (!bindings.isEmpty()) {
            context.setChannelBinding(new ChannelBinding(bindings.getBytes(StandardCharsets.UTF_8)));
        }
    }

    private static Subject subject(String kind, String principal, String secret, boolean initiates)
            throws LoginException {
        var options = new HashMap<>(Map.of(
                "refreshKrb5Config", "true",
                "isInitiator", Boolean.toString(initiates)));
        if (!principal.isEmpty()) {
            options.put("principal", principal);
        }
        switch (kind) {
            case "ccache" -> options.putAll(Map.of(
                    "useTicketCache", "true", "ticketCache", secret, "doNotPrompt", "true"));
            case "keytab" -> options.putAll(Map.of(
                    "useKeyTab", "true", "keyTab", secret, "doNotPrompt", "true", "storeKey", "true"));
            case "password" -> {}
            default -> throw new IllegalArgumentException(kind);
        }
        var entry = new AppConfigurationEntry(
                "com.sun.security.auth.module.Krb5LoginModule", LoginModuleControlFlag.REQUIRED, options);
        var configuration = new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {entry};
            }
        };
        CallbackHandler typist = callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof PasswordCallback password) {
                    password.setPassword(secret.toCharArray());
                }
            }
        };
        var subject = new Subject();
        new LoginContext("gss", subject, typist, configuration).login();
        return subject;
    }
}
