using System;
using System.Linq;

namespace SixpackAb
{
    /// <summary>Where a server is: its base URL in parts.</summary>
    internal sealed class Address
    {
        public readonly bool IsTls;
        /// <summary>Without the brackets of IPv6.</summary>
        public readonly string Host;
        public readonly int Port;
        /// <summary>As the Host header has it.</summary>
        public readonly string Authority;
        /// <summary>Before that of every call, without a slash at its end.</summary>
        public readonly string Path;
        /// <summary>The whole, as it is the same for every session of this server.</summary>
        public readonly string BaseUrl;

        /// <exception cref="ArgumentException">For what is no base URL.</exception>
        public Address(string baseUrl)
        {
            Uri uri;
            bool fits = Uri.TryCreate(baseUrl, UriKind.Absolute, out uri)
                && (uri.Scheme == "http" || uri.Scheme == "https")
                && uri.Host != "" && uri.Port >= 1
                && !baseUrl.Any(letter => "?#@".IndexOf(letter) >= 0 || letter <= ' ');
            // What stands before an @ may be a password.
            string shown = baseUrl == null || baseUrl.LastIndexOf('@') < 0 ? baseUrl : baseUrl.Substring(baseUrl.LastIndexOf('@'));
            Names.Expect(fits, "an http(s) base URL without user or query", shown);
            IsTls = uri.Scheme == "https";
            Host = uri.DnsSafeHost;
            Port = uri.Port;
            string name = Host.Contains(":") ? "[" + Host + "]" : Host;
            Authority = uri.IsDefaultPort ? name : name + ":" + Port;
            Path = uri.AbsolutePath.TrimEnd('/');
            BaseUrl = uri.Scheme + "://" + Authority + Path;
        }
    }
}
