namespace TorchPort.Tests;

/// <summary>What a build asks for, and what it refuses: the project evaluated once for each row, in one MSBuild.</summary>
public class BackendTests
{
    // The properties that a command line gives, and what the build says: its properties, or the one error that it ends in.
    private static readonly (string Given, string Says)[] s_rows =
    [
        ("RuntimeIdentifier=linux-arm64", "There is no libtorch for linux-arm64: use -r linux-x64"),
        ("RuntimeIdentifier=win-x86", "use -r win-x64"),
        ("RuntimeIdentifier=osx-x64", "use -r osx-arm64"),
        ("RuntimeIdentifier=win-x64;TorchBackend=cuda", "linux-x64 only, not for win-x64"),
        ("TorchBackend=gpu", "takes cpu, cuda or external"),
        ("IncludeNativeLibrariesForSelfExtract=true", "leave out IncludeNativeLibrariesForSelfExtract"),

        // dotnet run hands over the value of its option device as this property. An environment variable of that name does not
        // count.
        ("Device=cpu", "backend cpu, arguments '--device cpu'"),
        ("Device=cuda:1", "backend cuda, arguments '--device cuda:1'"),
        ("Device=cuda;TorchBackend=cpu", "backend cpu, arguments '--device cuda'"),
        ("CI=false", "backend cpu, arguments '', warnings are errors: false, audit false, configuration Release"),

        ("CI=true", "warnings are errors: true"),
        ("RuntimeIdentifier=win-arm64", ";libtorch-cpu-win-arm64"),

        // A publish is native where it can be.
        ("_IsPublishing=true;SelfContained=false", "native ''"),
        ("_IsPublishing=true;PublishSingleFile=true", "native ''"),
        ("_IsPublishing=true;RuntimeIdentifier=win-x64", "native ''"),
        ("_IsPublishing=true", $"native '{(OperatingSystem.IsLinux() ? "true" : "")}'"),
    ];

    private static readonly Lazy<string[]> s_answers = new(Ask);

    public static IEnumerable<TheoryDataRow<string, string>> Rows =>
        s_rows.Select(row => new TheoryDataRow<string, string>(row.Given, row.Says));

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_build_is_what_its_properties_ask_for_or_one_error(string given, string says)
    {
        var answer = s_answers.Value[Array.IndexOf(s_rows, (given, says))];

        Assert.Contains(says, answer, StringComparison.Ordinal);
        Assert.Single(answer.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static string[] Ask()
    {
        const string Tell = """
            <Project>
              <Target Name="Tell" DependsOnTargets="CheckTorchBackend">
                <PropertyGroup>
                  <Says>backend $(TorchBackend), arguments '$(StartArguments)'</Says>
                  <Says>$(Says), warnings are errors: $(TreatWarningsAsErrors), audit $(NuGetAudit)</Says>
                  <Says>$(Says), configuration $(Configuration), native '$(PublishAot)'</Says>
                </PropertyGroup>
                <Message Importance="high" Text="$(Says);@(PackageReference)" />
              </Target>
            </Project>
            """;
        var folder = Directory.CreateTempSubdirectory().FullName;
        var given = s_rows.Select(row => row.Given.Replace(";", "%3B", StringComparison.Ordinal));
        var rows = given.Select((row, i) => $"""<Row Include="{i}" Given="{row}" />""");
        File.WriteAllText($"{folder}/tell.targets", Tell);
        File.WriteAllText($"{folder}/ask.proj", $"""
            <Project>
              <ItemGroup>{string.Concat(rows)}</ItemGroup>
              <Target Name="Ask" Inputs="%(Row.Identity)" Outputs="none">
                <PropertyGroup><Given>$([MSBuild]::Unescape('%(Row.Given)'))</Given></PropertyGroup>
                <Message Importance="high" Text="[row]" />
                <MSBuild Projects="{Start.Repository}/src/TorchPort/TorchPort.csproj" Targets="Tell" ContinueOnError="true"
                         Properties="CustomAfterMicrosoftCommonTargets={folder}/tell.targets;$(Given)" />
              </Target>
              <Target Name="End" AfterTargets="Ask"><Message Importance="high" Text="[row]" /></Target>
            </Project>
            """);

        string[] arguments = ["build", $"{folder}/ask.proj", "-t:Ask", "-nologo", "-tl:off", "-clp:NoSummary", "-v:m"];
        var answers = Start.Program("dotnet", arguments, ("DEVICE", "cuda:7"), ("CI", "")).Stdout.Split("[row]")[1..^1];
        Directory.Delete(folder, recursive: true);
        return answers;
    }
}
