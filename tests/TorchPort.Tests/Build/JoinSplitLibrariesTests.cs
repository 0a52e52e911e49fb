using System.IO.Compression;
using System.Security.Cryptography;

namespace TorchPort.Tests;

/// <summary>JoinSplitLibraries.targets, on small packages of the shape that libtorch for CUDA has.</summary>
public sealed class JoinSplitLibrariesTests : IDisposable
{
    private const int Piece = 4_000_000;
    private static readonly string[] s_projects = ["one", "two"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public JoinSplitLibrariesTests()
    {
        // Projects that the repository's own build files build, and a feed beside them.
        Write("Directory.Build.props", $"<Project><Import Project='{Start.Repository}/Directory.Build.props' /></Project>");
        Write("Directory.Build.targets", $"<Project><Import Project='{Start.Repository}/Directory.Build.targets' /></Project>");
        Write("Directory.Packages.props", $"<Project><Import Project='{Start.Repository}/Directory.Packages.props' /></Project>");
        Directory.CreateDirectory(In("feed"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Two_first_builds_at_once_join_a_library_whole()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("the CUDA packages are for Linux");
            return;
        }

        Pack("libx.so");
        Projects(s_projects);

        // While another build joins, which is this test, these two wait; then they come to it at the same time.
        Outcome[] builds = [];
        using var joining = new Mutex(initiallyOwned: true, @"Global\TorchPort.JoinSplitLibraries");
        var thread = new Thread(() => builds = [.. s_projects.AsParallel().Select(project => Build(project))]);
        thread.Start();
        Assert.False(thread.Join(TimeSpan.FromSeconds(6)));
        joining.ReleaseMutex();
        thread.Join();

        // The name of the backend is what was asked for, and no more.
        Assert.All(builds, build => Assert.Equal(new Outcome(0, "cuda\n", ""), build));
        Assert.Equal(Content("libx.so"), File.ReadAllBytes(Library("libx.so")));
        Assert.Equal(File.GetUnixFileMode(Library("libx.so") + ".sha"), File.GetUnixFileMode(Library("libx.so")));
        Assert.Empty(Directory.GetFiles(In("packages"), "*.fragment*", SearchOption.AllDirectories));
        Assert.Equal(["libx.so", "libx.so.sha"], Beside("libx.so"));
    }

    [Fact]
    public void What_cannot_be_joined_is_a_build_error_and_stays_as_it_came()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");
        Pack("libwrong.so", sha: new string('0', 64));
        Pack("libgap.so");
        File.Delete(In("feed/libgap.so-fragment1.1.0.0.nupkg"));
        Projects("one");

        var damaged = Build("one");

        Assert.Equal(1, damaged.ExitCode);
        Assert.Equal(2, damaged.Errors.Length);
        foreach (var library in new[] { "libwrong.so", "libgap.so" })
        {
            Assert.Contains(damaged.Errors, error => error.Contains($"{Library(library)}: a piece of this library is missing or damaged. Delete the folders {In("packages")}/{library}-*", StringComparison.Ordinal));
            Assert.Equal(Content(library)[..Piece], File.ReadAllBytes(Library(library)));
            Assert.Equal([library, library + ".sha"], Beside(library));
        }

        // The next build, the causes removed, comes out right.
        File.WriteAllText(Library("libwrong.so") + ".sha", Sha256("libwrong.so"));
        Directory.CreateDirectory(In("packages/libgap.so-fragment1/1.0.0/fragments/linux-x64/native"));
        File.WriteAllBytes(In("packages/libgap.so-fragment1/1.0.0/fragments/linux-x64/native/libgap.so.fragment1"), Content("libgap.so")[Piece..(2 * Piece)]);
        Assert.Equal(0, Build("one").ExitCode);
        Assert.All(["libwrong.so", "libgap.so"], library => Assert.Equal(Content(library), File.ReadAllBytes(Library(library))));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_build_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Start.Shell("unshare --mount true").ExitCode == 0, "a folder can be mounted read-only by root on Linux only");
        Pack("libx.so");
        Projects("one");
        Assert.Equal(0, Build("one", target: "Restore").ExitCode);

        var outcome = Build("one", with: $"exec unshare --mount sh -c 'mount --bind {In("packages")} {In("packages")} && mount -o remount,bind,ro {In("packages")} && exec \"$@\"' sh");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"{Library("libx.so")}: its pieces cannot be joined (", Assert.Single(outcome.Errors), StringComparison.Ordinal);
        Assert.Equal(Content("libx.so")[..Piece], File.ReadAllBytes(Library("libx.so")));
        Assert.Equal(["libx.so", "libx.so.sha"], Beside("libx.so"));
        Assert.Equal(2, Directory.GetFiles(In("packages"), "*.fragment*", SearchOption.AllDirectories).Length);
    }

    private static byte[] Content(string library)
    {
        var content = new byte[(3 * Piece) - 1];
        new Random(library.Length).NextBytes(content);
        return content;
    }

    private static string Sha256(string library) => Convert.ToHexStringLower(SHA256.HashData(Content(library)));

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private string Library(string name) => In($"packages/{name}-primary/1.0.0/runtimes/linux-x64/native/{name}");

    private IEnumerable<string> Beside(string library) => Directory.GetFiles(Path.GetDirectoryName(Library(library))!).Select(file => Path.GetFileName(file)).Order();

    private void Write(string name, string text) => File.WriteAllText(In(name), text);

    // The packages of one library: the first piece, and two more.
    private void Pack(string library, string? sha = null)
    {
        var content = Content(library);
        Package($"{library}-primary", ($"runtimes/linux-x64/native/{library}", content[..Piece]), ($"runtimes/linux-x64/native/{library}.sha", Bytes(sha ?? Sha256(library))), ($"buildTransitive/netstandard2.0/{library}-primary.targets", Bytes(Start.Noise("FileRestitch"))));
        Package($"{library}-fragment1", ($"fragments/linux-x64/native/{library}.fragment1", content[Piece..(2 * Piece)]));
        Package($"{library}-fragment2", ($"fragments/linux-x64/native/{library}.fragment2", content[(2 * Piece)..]));

        static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
    }

    private void Package(string id, params (string Name, byte[] Content)[] files)
    {
        using var package = ZipFile.Open(In($"feed/{id}.1.0.0.nupkg"), ZipArchiveMode.Create);
        using (var nuspec = new StreamWriter(package.CreateEntry($"{id}.nuspec").Open()))
        {
            nuspec.Write($"<package><metadata><id>{id}</id><version>1.0.0</version><authors>a test</authors><description>a piece</description></metadata></package>");
        }

        foreach (var (name, content) in files.Append(("lib/netstandard2.0/_._", [])))
        {
            using var entry = package.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(content);
        }
    }

    private void Projects(params string[] names)
    {
        var packages = Directory.GetFiles(In("feed")).Select(file => Path.GetFileName(file).Replace(".1.0.0.nupkg", "", StringComparison.Ordinal)).ToArray();
        foreach (var name in names)
        {
            Directory.CreateDirectory(In(name));
            Write($"{name}/{name}.csproj", $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><RestoreSources>{In("feed")}</RestoreSources></PropertyGroup>
                  <ItemGroup>{string.Concat(packages.Select(id => $"<PackageReference Include='{id}' VersionOverride='1.0.0' />"))}</ItemGroup>
                </Project>
                """);
        }
    }

    private Outcome Build(string project, string target = "ResolvePackageAssets", string with = "exec") =>
        Start.Program("/bin/sh", ["-c", $"{with} dotnet build {In(project)} -t:{target} -getProperty:TorchBackend -p:TorchBackend=cuda"], ("NUGET_PACKAGES", In("packages")));
}
