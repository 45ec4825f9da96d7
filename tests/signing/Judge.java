// What the JDK says of the one XAdES signature in an ASiC-E container: prints "intact" or "broken".
// java Judge.java CONTAINER CERTIFICATE

import java.io.FileInputStream;
import java.net.URI;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.xml.crypto.Data;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.URIReferenceException;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class Judge {
    public static void main(String[] arguments) throws Exception {
        X509Certificate certificate;
        try (FileInputStream file = new FileInputStream(arguments[1])) {
            certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        try (ZipFile zip = new ZipFile(arguments[0])) {
            DocumentBuilderFactory documents = DocumentBuilderFactory.newInstance();
            documents.setNamespaceAware(true);
            ZipEntry signatures = zip.getEntry("META-INF/signatures0.xml");
            Document document = documents.newDocumentBuilder().parse(zip.getInputStream(signatures));
            if (!"http://uri.etsi.org/02918/v1.2.1#".equals(document.getDocumentElement().getNamespaceURI())) {
                throw new IllegalStateException("another root");
            }
            NodeList found = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            if (found.getLength() != 1) {
                throw new IllegalStateException("not one signature");
            }
            NodeList properties = document.getElementsByTagNameNS("http://uri.etsi.org/01903/v1.3.2#", "SignedProperties");
            XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
            URIDereferencer usual = factory.getURIDereferencer();
            DOMValidateContext context =
                new DOMValidateContext(KeySelector.singletonKeySelector(certificate.getPublicKey()), found.item(0));
            context.setIdAttributeNS((Element) properties.item(0), null, "Id");
            context.setProperty("org.jcp.xml.dsig.secureValidation", true);
            context.setURIDereferencer((reference, at) -> {
                if (reference.getURI().startsWith("#")) {
                    return usual.dereference(reference, at);
                }
                try {
                    ZipEntry entry = zip.getEntry(URI.create(reference.getURI()).getPath());
                    return (Data) new OctetStreamData(zip.getInputStream(entry));
                } catch (Exception problem) {
                    throw new URIReferenceException(problem);
                }
            });
            boolean intact = factory.unmarshalXMLSignature(context).validate(context);
            System.out.println(intact ? "intact" : "broken");
        }
    }
}
