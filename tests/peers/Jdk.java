// XML signatures by the JDK, for tests: `java Jdk.java sign FOLDER` and `java Jdk.java verify CA FILE...`.
//
// `sign` reads document.xml and the PKCS#12 stores *.p12 (password "test") of FOLDER, and writes one signed
// document a line of its table. `verify` prints one line a file: its verdict, a tab, its name.

import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.util.*;
import javax.xml.crypto.*;
import javax.xml.crypto.dom.DOMStructure;
import javax.xml.crypto.dsig.*;
import javax.xml.crypto.dsig.dom.*;
import javax.xml.crypto.dsig.keyinfo.*;
import javax.xml.crypto.dsig.spec.*;
import javax.xml.parsers.*;
import javax.xml.transform.*;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.*;

public class Jdk {
    static final XMLSignatureFactory FACTORY = XMLSignatureFactory.getInstance("DOM");
    static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";
    static final String MORE2007 = "http://www.w3.org/2007/05/xmldsig-more#";
    static final String ELEVEN = "http://www.w3.org/2006/12/xml-c14n11";

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("sign")) {
            sign(Path.of(arguments[1]));
            return;
        }
        X509Certificate anchor = certificate(Files.readAllBytes(Path.of(arguments[1])));
        for (String file : Arrays.asList(arguments).subList(2, arguments.length)) {
            System.out.println(verdict(Path.of(file), anchor) + "\t" + file);
        }
    }

    static X509Certificate certificate(byte[] octets) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(octets));
    }

    /** With every limit that the JDK has by itself, and with what it warns of (a DTD) left as it is. */
    static Document parse(Path file) throws Exception {
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        DocumentBuilder builder = builders.newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder.parse(file.toFile());
    }

    // name, store, signature algorithm, digest, canonicalisation, how the document is named
    static final String[][] TABLE = {
        {"ecdsa", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256, CanonicalizationMethod.EXCLUSIVE, "enveloped"},
        {"inclusive", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256, CanonicalizationMethod.INCLUSIVE, "enveloped"},
        {"comments", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256,
            CanonicalizationMethod.INCLUSIVE_WITH_COMMENTS, "enveloped"},
        {"eleven", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256, ELEVEN, "enveloped"},
        {"bare", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256, CanonicalizationMethod.EXCLUSIVE, "bare"},
        {"by-id", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256, CanonicalizationMethod.EXCLUSIVE, "id"},
        {"prefixes", "ec", MORE + "ecdsa-sha256", DigestMethod.SHA256, CanonicalizationMethod.EXCLUSIVE, "prefixes"},
        {"p384", "p384", MORE + "ecdsa-sha384", MORE + "sha384", CanonicalizationMethod.EXCLUSIVE, "enveloped"},
        {"p521", "p521", MORE + "ecdsa-sha512", DigestMethod.SHA512, CanonicalizationMethod.EXCLUSIVE, "enveloped"},
        {"rsa", "rsa", MORE + "rsa-sha256", DigestMethod.SHA256, CanonicalizationMethod.EXCLUSIVE, "enveloped"},
        {"rsa-512", "rsa", MORE + "rsa-sha512", DigestMethod.SHA512, CanonicalizationMethod.EXCLUSIVE, "enveloped"},
        {"pss", "rsa", MORE2007 + "sha256-rsa-MGF1", DigestMethod.SHA256, CanonicalizationMethod.EXCLUSIVE,
            "enveloped"},
    };

    static void sign(Path folder) throws Exception {
        for (String[] row : TABLE) {
            KeyStore store = KeyStore.getInstance(folder.resolve(row[1] + ".p12").toFile(), "test".toCharArray());
            String alias = store.aliases().nextElement();
            PrivateKey key = (PrivateKey) store.getKey(alias, "test".toCharArray());
            Document document = parse(folder.resolve("document.xml"));
            Element root = document.getDocumentElement();
            root.setIdAttribute("id", true);
            List<Transform> transforms = new ArrayList<>();
            transforms.add(FACTORY.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null));
            if (row[5].equals("prefixes")) {
                ExcC14NParameterSpec prefixes = new ExcC14NParameterSpec(List.of("q", "#default"));
                transforms.add(FACTORY.newTransform(row[4], prefixes));
            } else if (!row[5].equals("bare")) {
                transforms.add(FACTORY.newTransform(row[4], (TransformParameterSpec) null));
            }
            String uri = row[5].equals("id") ? "#" + root.getAttribute("id") : "";
            Reference reference = FACTORY.newReference(uri, FACTORY.newDigestMethod(row[3], null), transforms, null, null);
            SignedInfo info = FACTORY.newSignedInfo(
                FACTORY.newCanonicalizationMethod(row[4], (C14NMethodParameterSpec) null),
                FACTORY.newSignatureMethod(row[2], null), List.of(reference));
            KeyInfoFactory infos = FACTORY.getKeyInfoFactory();
            X509Certificate certificate = (X509Certificate) store.getCertificate(alias);
            X509Data data = infos.newX509Data(List.of(
                infos.newX509IssuerSerial(certificate.getIssuerX500Principal().getName(), certificate.getSerialNumber()),
                certificate));
            FACTORY.newXMLSignature(info, infos.newKeyInfo(List.of(data))).sign(new DOMSignContext(key, root));
            Transformer transformer = TransformerFactory.newInstance().newTransformer();
            Path signed = folder.resolve("jdk-" + row[0] + ".xml");
            try (OutputStream out = Files.newOutputStream(signed)) {
                transformer.transform(new DOMSource(document), new StreamResult(out));
            }
        }
    }

    /** As its programmers' guide shows it: the first signature, every Id known, the key from KeyInfo. */
    static String verdict(Path file, X509Certificate anchor) {
        try {
            if (isArchive(file)) {
                try (java.util.zip.ZipFile archive = new java.util.zip.ZipFile(file.toFile())) {
                    return "opens";
                }
            }
            Document document = parse(file);
            NodeList found = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            if (found.getLength() == 0) {
                return "unsigned";
            }
            NodeList elements = document.getElementsByTagName("*");
            for (int at = 0; at < elements.getLength(); at++) {
                Element element = (Element) elements.item(at);
                for (String id : new String[] {"Id", "id", "ID"}) {
                    if (element.hasAttribute(id)) {
                        element.setIdAttribute(id, true);
                    }
                }
            }
            Selector selector = new Selector();
            DOMValidateContext context = new DOMValidateContext(selector, found.item(0));
            XMLSignature signature = FACTORY.unmarshalXMLSignature(context);
            if (!signature.validate(context)) {
                return "broken";
            }
            return selector.certificate == null ? "by a bare key" : path(selector.certificate, anchor);
        } catch (Throwable refused) {
            Throwable first = refused;
            while (first.getCause() != null && first.getCause() != first) {
                first = first.getCause();
            }
            return "refused (" + first.getClass().getSimpleName() + ")";
        }
    }

    static boolean isArchive(Path file) throws IOException {
        try (InputStream octets = Files.newInputStream(file)) {
            return octets.read() == 'P' && octets.read() == 'K';
        }
    }

    /** Whether the certificate leads to the anchor at the time of the samples; nothing is asked of revocation. */
    static String path(X509Certificate certificate, X509Certificate anchor) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(java.time.Instant.parse("2026-11-16T07:00:00Z")));
        CertPath way = CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate));
        try {
            CertPathValidator.getInstance("PKIX").validate(way, parameters);
            return "valid";
        } catch (CertPathValidatorException untrusted) {
            return "intact, untrusted";
        }
    }

    /** The first certificate of KeyInfo, else the bare key. */
    static class Selector extends KeySelector {
        X509Certificate certificate;

        public KeySelectorResult select(KeyInfo info, Purpose purpose, AlgorithmMethod method, XMLCryptoContext context)
                throws KeySelectorException {
            PublicKey bare = null;
            for (Object part : info == null ? List.of() : info.getContent()) {
                if (part instanceof X509Data) {
                    for (Object inside : ((X509Data) part).getContent()) {
                        if (inside instanceof X509Certificate) {
                            certificate = (X509Certificate) inside;
                            return () -> certificate.getPublicKey();
                        }
                    }
                } else if (part instanceof KeyValue) {
                    try {
                        bare = ((KeyValue) part).getPublicKey();
                    } catch (KeyException none) {
                        throw new KeySelectorException(none);
                    }
                }
            }
            if (bare == null) {
                throw new KeySelectorException("no key");
            }
            PublicKey key = bare;
            return () -> key;
        }
    }
}
